import type { Command, Option } from 'commander';
import type { Io } from './io.js';

/** A word that may come next, and what it is. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What completes the last word: candidates, or the names of files or folders. */
export type Completion = readonly Candidate[] | 'files' | 'folders';

/** Returns the records that an option's value may name: clients, grants or tokens. */
export type FindRecords = (option: string, statePath: string | undefined) => Promise<readonly Candidate[]>;

const recordOptions = new Set(['--client', '--grant', '--token']);

/** Returns how the last of `words` (without the program's name) may go on, by the tree of commands. */
export async function completeWords(
  program: Command,
  words: readonly string[],
  findRecords: FindRecords,
): Promise<Completion> {
  let command = program;
  let awaiting: Option | undefined;
  let statePath: string | undefined;
  for (const word of words.slice(0, -1)) {
    if (awaiting !== undefined) {
      if (awaiting.long === '--state-path') statePath = word;
      awaiting = undefined;
    } else if (word.startsWith('-')) {
      const [flag = '', value] = splitFlag(word);
      const option = optionsOf(command).find(({ long, short }) => long === flag || short === flag);
      if (option?.long === '--state-path') statePath = value;
      if (option?.required === true && value === undefined) awaiting = option;
    } else if (word !== 'help') {
      command = subcommandsOf(command).find((child) => child.name() === word) ?? command;
    }
  }
  const last = words.at(-1) ?? '';
  if (awaiting !== undefined) return await completeValue(awaiting, last, '');
  const [flag = '', value] = splitFlag(last);
  if (value !== undefined) {
    const option = optionsOf(command).find(({ long, required }) => long === flag && required);
    return option === undefined ? [] : await completeValue(option, value, `${flag}=`);
  }
  const subcommands = subcommandsOf(command).map((child) => ({ word: child.name(), description: child.description() }));
  const options = optionsOf(command).map(({ long, description }) => ({ word: long ?? '', description }));
  const choices = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((word) => ({ word, description })),
  );
  if (!last.startsWith('-') && command.registeredArguments.some((argument) => argument.name() === 'file'))
    return 'files';
  const offered = last.startsWith('-') ? options : [...subcommands, ...choices];
  return startingWith(offered.length === 0 ? options : offered, last);

  async function completeValue(option: Option, typed: string, prefix: string): Promise<Completion> {
    if (/<file>/.test(option.flags)) return 'files';
    if (/<folder>/.test(option.flags)) return 'folders';
    const choices = option.argChoices?.map((word) => ({ word, description: '' }));
    const found = recordOptions.has(option.long ?? '') ? await findRecords(option.long ?? '', statePath) : [];
    return startingWith(choices ?? found, typed).map((each) => ({ ...each, word: `${prefix}${each.word}` }));
  }
}

function splitFlag(word: string): [flag: string, value?: string] {
  const [, flag, value] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
  return flag === undefined || value === undefined ? [word] : [flag, value];
}

function subcommandsOf(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

function optionsOf(command: Command): readonly Option[] {
  const help = command.createHelp();
  help.showGlobalOptions = true;
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
}

function startingWith(candidates: readonly Candidate[], start: string): Candidate[] {
  return candidates.filter(({ word }) => word.startsWith(start));
}

/** Writes a completion as the scripts read it: a word, a tab and its description a line, or `:files` or `:folders`. */
export function writeCompletion(completion: Completion): string {
  if (typeof completion === 'string') return `:${completion}`;
  return completion.map(({ word, description }) => `${word}\t${description}`).join('\n');
}

/** Returns the clients, grants or tokens of the state file that completion can name; none when it cannot be read. */
export function recordsOf(io: Io): FindRecords {
  return async (option, statePath) => {
    try {
      const [{ listRecords }, { statePathOf }] = await Promise.all([
        import('./completion-records.js'),
        import('./state-path.js'),
      ]);
      return await listRecords(option, statePathOf(statePath === undefined ? {} : { statePath }, io));
    } catch {
      return [];
    }
  };
}
