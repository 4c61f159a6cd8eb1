import type { Command, CommanderError } from 'commander';
import { UsageError } from './errors.js';

/** Returns the examples at the end of a command's help. */
export function examples(...list: [what: string, command: string][]): string {
  return `\nExamples:\n${list.map(([what, command]) => `  # ${what}\n  ${command}`).join('\n')}`;
}

/** Returns the command that the words name one after another, and those that name none; options are passed over. */
export function findCommand(program: Command, words: readonly string[]): { command: Command; rest: readonly string[] } {
  let command = program;
  for (const [index, word] of words.entries()) {
    if (word.startsWith('-')) continue;
    const child = command.commands.find((each) => each.name() === word);
    if (child === undefined) return { command, rest: words.slice(index) };
    command = child;
  }
  return { command, rest: [] };
}

/** Returns the command as it is typed: `vault-mcp state inspect`. */
export function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

/** Commander says `error: …`, and what it suggests on a second line, in brackets. */
export function toUsageError(error: CommanderError, command: Command): UsageError {
  if (error.code === 'commander.help') return new UsageError('no command is named', 'choose one of the commands above');
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const hint =
    suggestion?.replace(/^\((.*)\)$/, '$1').replace(/^Did/, 'did') ?? `${nameOf(command)} --help lists the options`;
  return new UsageError(message, hint);
}
