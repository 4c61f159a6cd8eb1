import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A manual page as a note, and what its NAME line, which is not in the note, says of it. */
export interface ManPage {
  readonly name: string;
  readonly description: string;
  readonly note: string;
}

/** Returns the pages of installed Debian packages whose NAME line has a description; none when a package is absent. */
export function readManPages(packages: readonly string[], folder: RegExp): ManPage[] {
  const pages = packages.flatMap(listFiles).filter((path) => folder.test(path) && !lstatSync(path).isSymbolicLink());
  return pages.flatMap((path) => {
    const source = path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path);
    const language = /\/man\/(\w+)\/man\d/.exec(path)?.[1] ?? 'en';
    const page = toNote(`${language}/${basename(path).replace(/\.gz$/, '')}`, source.toString());
    return page === undefined ? [] : [page];
  });
}

function listFiles(name: string): string[] {
  try {
    const listed = execFileSync('dpkg-query', ['-L', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return listed.split('\n').filter((path) => /\/man\d\/[^/]+\.\d\w*(\.gz)?$/.test(path) && existsSync(path));
  } catch {
    return [];
  }
}

function toNote(name: string, source: string): ManPage | undefined {
  const lines = [`# ${basename(name)}`, ''];
  const about: string[] = [];
  let isAbout = false;
  for (const line of source.split('\n')) {
    const section = /^\.S[Hh]\s+(.*)$/.exec(line)?.[1];
    if (section !== undefined) {
      const heading = readText(section.replace(/^"|"$/g, ''));
      isAbout = /^(NAME|NOMBRE)$/i.test(heading);
      if (!isAbout) lines.push('', `## ${heading}`, '');
      continue;
    }
    const subsection = /^\.S[Ss]\s+(.*)$/.exec(line)?.[1];
    if (subsection !== undefined) lines.push('', `### ${readText(subsection)}`, '');
    else if (isAbout) about.push(readLine(line));
    else lines.push(readLine(line));
  }
  const description = about
    .join(' ')
    .replace(/^.*?\s(?:-|—)+\s/, '')
    .trim();
  if (description === '' || description === about.join(' ').trim()) return undefined;
  return { name, description, note: lines.join('\n') };
}

/** Macros that set a font have text after them; those of layout, and comments, have none. */
function readLine(line: string): string {
  if (/^['.]\s*\\"/.test(line)) return '';
  if (/^\.Nd\s/.test(line)) return `- ${readText(line.slice(4))}`;
  const macro = /^[.'](\w*)\s*(.*)$/.exec(line);
  if (macro === null) return readText(line);
  return /^(B|I|BR|RB|IR|RI|BI|IB|SM|SB|Nm|Fn|Xr|Pa|Fl|Ar|Dv|Va|Em|Sy|Li|Ql|Dq|Pq|Cm|It)$/.test(macro[1] ?? '')
    ? readText((macro[2] ?? '').replaceAll('"', ' '))
    : '';
}

function readText(text: string): string {
  return text
    .replace(/\\".*$/, '')
    .replace(/\\f(\[[^\]]*\]|\(..|.)|\\s[-+]?\d+|\\[&/,|^%:)]/g, '')
    .replace(/\\\((em|en|mi)|\\-/g, '-')
    .replace(/\\\(a?q|\\\(dq|\\\[?[lrcd]q\]?/g, "'")
    .replace(/\\(\(..|\[[^\]]*\]|\*\(..|\*.)/g, ' ')
    .replace(/\\[ ~0]/g, ' ')
    .replace(/\\e/g, '\\')
    .trim();
}
