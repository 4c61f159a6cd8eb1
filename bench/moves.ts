import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { createLog } from '../src/log.js';
import { openNotes } from '../src/notes/open-notes.js';
import { type JudgedLink, judgeLinks, judgeTargets, withoutTargets } from './judge-links.js';

/**
 * Moves notes, attachments and folders of real vaults at random and has every link judged after each move. MOVES_VAULTS names
 * the vaults, folders or Git repositories, with `:` between them; MOVES how many moves each gets, 200 unless told.
 */
export async function bench(): Promise<void> {
  const vaults = (process.env['MOVES_VAULTS'] ?? '').split(':').filter((path) => path !== '');
  if (vaults.length === 0) process.stdout.write('MOVES_VAULTS names no vault.\n');
  for (const vault of vaults) await moveAtRandom(vault, Number(process.env['MOVES'] ?? 200));
}

async function moveAtRandom(source: string, moves: number): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), 'vault-mcp-moves-'));
  const folder = join(base, 'vault');
  try {
    copyVault(source, folder);
    const notes = openNotes({
      path: folder,
      watch: false,
      meaning: 'off',
      callTimeoutMs: 300_000,
      log: createLog({ level: 'error', format: 'text', destination: process.stderr }),
    });
    const judge = new Judge(folder);
    const random = createRandom(Number(process.env['SEED'] ?? 1));
    const counts = { moves: 0, refused: 0, rewritten: 0, told: 0 };
    process.stdout.write(`${source}: ${judge.files.size} files, ${judge.countLinks()} links that lead somewhere\n`);
    while (counts.moves + counts.refused < moves) {
      const { from, to } = pickMove(judge, random);
      if (from === to) continue;
      let moved: Awaited<ReturnType<typeof notes.move>>;
      try {
        moved = await notes.move({ from, to });
      } catch (error) {
        counts.refused++;
        process.stdout.write(`  refused ${from} -> ${to}: ${error instanceof Error ? error.message : error}\n`);
        continue;
      }
      counts.moves++;
      counts.rewritten += moved.rewritten.reduce((total, { links }) => total + links, 0);
      counts.told += moved.totalFailed;
      const told = new Set(moved.failed.map(({ path }) => path));
      for (const fault of judge.compare(moved.from, moved.to, told))
        process.stdout.write(`  FAULT ${from} -> ${to}: ${fault}\n`);
    }
    await notes.close();
    process.stdout.write(`  ${JSON.stringify(counts)}, faults ${judge.faults}\n`);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

interface JudgedFile {
  readonly bytes: string;
  readonly links: readonly JudgedLink[];
}

/** Knows the vault as it was after the move before. */
class Judge {
  readonly #folder: string;
  files: Map<string, JudgedFile>;
  faults = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.files = this.#read(new Map());
  }

  countLinks(): number {
    const resolve = judgeTargets([...this.files.keys()]);
    let count = 0;
    for (const [path, { links }] of this.files)
      count += links.filter((link) => resolve(link, path) !== undefined).length;
    return count;
  }

  #read(before: ReadonlyMap<string, JudgedFile>): Map<string, JudgedFile> {
    const files = new Map<string, JudgedFile>();
    const known = new Map([...before.values()].map((file) => [file.bytes, file]));
    for (const entry of readdirSync(this.#folder, { recursive: true, withFileTypes: true })) {
      const full = join(entry.parentPath, entry.name);
      const path = posix.relative(this.#folder, full);
      if (!entry.isFile() || path.split('/').some((part) => /^[._]/.test(part))) continue;
      const isNote = /\.md$/i.test(path);
      const bytes = isNote ? readFileSync(full, 'utf8') : `${statSync(full).size} ${path.length}`;
      const same = isNote ? known.get(bytes) : undefined;
      files.set(path, same ?? { bytes, links: isNote ? judgeLinks(bytes) : [] });
    }
    return files;
  }

  /** Returns what a move did that it should not have; `told` are the notes that it says could not follow. */
  compare(from: string, to: string, told: ReadonlySet<string>): string[] {
    const before = this.files;
    const after = this.#read(before);
    this.files = after;
    const movedTo = (path: string) =>
      path === from ? to : path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
    const [led, leads] = [judgeTargets([...before.keys()]), judgeTargets([...after.keys()])];
    const found: string[] = [];
    for (const [path, old] of before) {
      const now = after.get(movedTo(path));
      if (now === undefined) {
        found.push(`${path} is gone`);
        continue;
      }
      if (now !== old && now.links.length > 0 && changedOutside(old.bytes, now.bytes))
        found.push(`${path} changed outside of targets`);
      if (now.links.length !== old.links.length) {
        found.push(`${path} had ${old.links.length} links and has ${now.links.length}`);
        continue;
      }
      for (const [index, link] of old.links.entries()) {
        const next = now.links[index] as JudgedLink;
        const target = led(link, path);
        if (next.anchor !== link.anchor) found.push(`${path}: ${link.target}${link.anchor} lost its anchor`);
        if (
          target === undefined
            ? next.target !== link.target
            : !told.has(movedTo(path)) && leads(next, movedTo(path)) !== movedTo(target)
        ) {
          found.push(
            `${path}: ${link.style} ${link.target} led to ${target}, now ${next.target} leads to ${leads(next, movedTo(path))}`,
          );
        }
      }
    }
    this.faults += found.length;
    return found.slice(0, 10);
  }
}

function changedOutside(before: string, after: string): boolean {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return (
    old.length !== now.length || old.some((line, index) => withoutTargets(line) !== withoutTargets(now[index] ?? ''))
  );
}

function pickMove(judge: Judge, random: (limit: number) => number): { from: string; to: string } {
  const paths = [...judge.files.keys()];
  const folders = [...new Set(paths.map((path) => posix.dirname(path)))].filter((folder) => folder !== '.');
  const pick = <T>(list: readonly T[]) => list[random(list.length)] as T;
  const kind = random(10);
  const isFolder = kind === 0 && folders.length > 0;
  const isAttachment = kind < 3;
  const files = paths.filter((path) => /\.md$/i.test(path) !== isAttachment);
  const from = isFolder ? pick(folders) : pick(files.length > 0 ? files : paths);
  const parent =
    random(3) === 0 ? posix.dirname(from) : random(3) === 0 ? `new ${random(20)}` : pick(['.', ...folders]);
  const names = [
    posix.basename(from),
    `Renamed ${random(1000)}`,
    `n (${random(1000)})`,
    `ñ-${random(1000)}`,
    `a'b & ${random(1000)}`,
    `日本 ${random(1000)}`,
  ];
  const extension = isFolder ? '' : posix.extname(from);
  const name = pick(names);
  return { from, to: posix.join(parent, name.endsWith(extension) ? name : name + extension) };
}

/** Of a repository the files of HEAD, those left out whose content it does not have. */
function copyVault(source: string, folder: string): void {
  if (!existsSync(join(source, 'objects'))) {
    cpSync(source, folder, { recursive: true });
    return;
  }
  const git = (args: string[], input = '') =>
    execFileSync('git', ['--git-dir', source, ...args], { input, maxBuffer: 2 ** 31 - 1 });
  const paths = git(['ls-tree', '-r', '-z', '--name-only', 'HEAD']).toString().split('\0').slice(0, -1);
  const content = git(['cat-file', '--batch'], paths.map((path) => `HEAD:${path}\n`).join(''));
  let at = 0;
  for (const path of paths) {
    const lineEnd = content.indexOf('\n', at);
    const size = Number(/ blob (\d+)$/.exec(content.subarray(at, lineEnd).toString())?.[1] ?? -1);
    at = lineEnd + 1;
    if (size < 0) continue;
    mkdirSync(join(folder, posix.dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content.subarray(at, at + size));
    at += size + 1;
  }
}

/** The same numbers for the same seed (xorshift). */
function createRandom(seed: number): (limit: number) => number {
  let state = seed * 2654435761 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}
