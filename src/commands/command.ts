import { Command, type CommandUnknownOpts, type OptionValues } from '@commander-js/extra-typings';
import { throwProblems, type ExitCode } from '../program/exit.js';
import type { Settings } from '../program/settings/starter-settings.js';
import { nameOwnCommands } from '../terminal/own-commands.js';
import { connectionOptions } from '../temporal/connection-flags.js';

/** A command of the starter: arguments, options and handler. The handler loads whatever is slow to load, zod included. */
export function createCommand(name: string, description: string, examples: readonly string[]): Command {
  // Without -s, npm would write its own lines to the same file.
  const lines = examples.map((line) => `  $ npm run ${line.includes(' > ') ? '-s ' : ''}starter -- ${line}`);
  return new Command(name)
    .description(description)
    .addHelpText('before', nameOwnCommands(['Examples:', ...lines, ''].join('\n')))
    .allowUnknownOption();
}

const serverOptions = new Command().option('--json', 'print one JSON document on standard output');

export type ServerOptions = ReturnType<typeof serverOptions.opts> & ReturnType<typeof connectionOptions.opts>;

/** The input of every command that needs a Temporal server. */
export type ServerContext = ServerOptions & { settings: Settings };

/** Adds the options of every command that needs a Temporal server, below the command's own. */
export function withServerOptions<Args extends unknown[], Options extends OptionValues>(
  command: Command<Args, Options>,
): Command<Args, Options & ServerOptions> {
  for (const option of [...serverOptions.options, ...connectionOptions.options]) command.addOption(option);
  return command;
}

/** Turns a handler into an action. The handler reports unknown arguments together with all other problems. */
export function action<Args extends unknown[]>(
  handler: (problems: string[], ...args: Args) => Promise<ExitCode>,
): (this: CommandUnknownOpts, ...args: Args) => Promise<void> {
  return async function (...args) {
    const { problems, isShifted } = unknownArguments(this);
    if (isShifted) throwProblems(problems); // nobody can tell which words are the arguments
    process.exitCode = await handler(problems, ...args);
  };
}

/** Whether a word is an option. An e-mail that begins with a hyphen is an argument. */
const isOption = (word: string): boolean => /^--?[^-@=][^@=]*(=|$)/.test(word);

function unknownArguments({ args, options, registeredArguments }: CommandUnknownOpts): {
  problems: string[];
  isShifted: boolean;
} {
  const { length } = registeredArguments;
  // Every word after `--` is an argument.
  const end = process.argv.indexOf('--');
  const literals = end === -1 ? 0 : process.argv.length - end - 1;
  const unknown = args.slice(0, Math.max(0, args.length - literals)).filter(isOption);
  const problems = unknown.map((word) => {
    const [name = ''] = word.split('=');
    return options.some(({ long }) => long === name) ? `${name} takes no value` : `unknown option ${name}`;
  });
  if (unknown.length > 0) return { problems, isShifted: args.slice(0, length).some((word) => unknown.includes(word)) };
  return { problems: args.slice(length).map((word) => `unexpected argument "${word}"`), isShifted: false };
}
