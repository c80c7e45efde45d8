import { resolve } from 'node:path';
import { isDebugging } from './settings/environment.js';
import { enterHomeFolder } from './working-folder.js';
import { nameOwnCommands } from '../terminal/own-commands.js';
import { visible } from '../terminal/visible-text.js';
import { fileErrorReason, isFixableFileError } from '../utils/file-errors.js';

/** Exit codes are a contract, because other programs depend on them. */
export const exitCodes = {
  /** Everybody is confirmed. */
  done: 0,
  /** An unexpected error: a bug. */
  bug: 1,
  /** Wrong usage, configuration or environment. */
  usage: 2,
  /** Invalid input; nothing was started. */
  invalid: 3,
  /** The work has finished, but some people failed or were left out. */
  failed: 4,
  /** Some people need attention, or a higher role was kept. */
  attention: 5,
  /** Temporal (or, for `doctor`, the portal) cannot be reached. */
  unreachable: 6,
  /** A safety check refused the command. */
  guarded: 7,
  /** Interrupted; the work continues if it can. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a program with a list of all problems, and with what to do next. */
export class Exit extends Error {
  readonly problems: readonly string[];

  constructor(
    readonly code: ExitCode,
    problems: string | readonly string[],
    readonly hint?: string,
  ) {
    const all = typeof problems === 'string' ? [problems] : problems;
    super(all.join('; '));
    this.problems = all;
  }
}

/** @throws {Exit} if there are problems */
export function throwProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new Exit(exitCodes.usage, problems);
}

/** Runs a program, reports a failure, flushes the output, and exits without waiting for open calls. */
export async function exitWith(program: () => Promise<ExitCode>): Promise<never> {
  // Databases, logs and results contain people's data, so nobody else may read what this process and its children write.
  process.umask(0o077);
  // Deprecations are for developers. gRPC causes one (DEP0123) whenever a server with TLS is named by its IP address.
  process.noDeprecation = true;
  const streams = [process.stdout, process.stderr];
  // Closed or full output (`| head`, a full disk) does not end the program. The outcome decides the exit code.
  for (const stream of streams) stream.on('error', () => undefined);
  const run = async (): Promise<ExitCode> => {
    enterHomeFolder();
    return program();
  };
  const code = await run().catch(report);
  await Promise.all(streams.map(flush));
  process.exit(code);
}

/** Resolves once a stream has passed on everything that was written to it, or never can. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => {
    if (stream.writable) stream.write('', () => done());
    else done();
  });
}

function report(error: unknown): ExitCode {
  if (error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd') {
    process.stderr.write('error: the current folder no longer exists\nChange to another folder, and run this again.\n');
    return exitCodes.usage;
  }
  const debug = isDebugging();
  if (error instanceof Exit) {
    for (const problem of error.problems) process.stderr.write(`error: ${shown(problem)}\n`);
    if (error.hint !== undefined) process.stderr.write(`${shown(error.hint)}\n`);
    if (debug) process.stderr.write(`${error.stack}\n`);
    return error.code;
  }
  if (isFixableFileError(error) && error.path !== undefined) {
    process.stderr.write(`error: ${shown(`${resolve(error.path)}: ${fileErrorReason(error)}`)}\n`);
    return exitCodes.usage;
  }
  process.stderr.write(`error: ${shown(messagesOf(error).join(': '))}\n`);
  process.stderr.write('This is a bug in docspace-onboarding. Please report it with the output of LOG_LEVEL=debug.\n');
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return exitCodes.bug;
}

/** Escapes a message, which contains what a user typed and what a server answered. */
const shown = (text: string): string => nameOwnCommands(text).split('\n').map(visible).join('\n');

/** The messages of an error and its causes. */
function messagesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  return [error.message, ...(error.cause === undefined ? [] : messagesOf(error.cause))];
}
