import { visible } from '../terminal/visible-text.js';

/** Exit codes: a contract, other programs are written against it. */
export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  invalid: 3,
  failed: 4,
  attention: 5,
  unreachable: 6,
  guarded: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a program with what happened, all of it at once, and what to do now. */
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

/**
 * Runs a program, says on standard error what went wrong (a stack only where it is asked for), and exits: a call that was
 * given up on, or a connection that is still being tried, keeps nobody waiting.
 */
export async function exitWith(program: () => Promise<ExitCode>): Promise<never> {
  process.exit(await program().catch(report));
}

function report(error: unknown): ExitCode {
  const debug = process.env['LOG_LEVEL'] === 'debug';
  if (error instanceof Exit) {
    for (const problem of error.problems) process.stderr.write(`error: ${shown(problem)}\n`);
    if (error.hint !== undefined) process.stderr.write(`${shown(error.hint)}\n`);
    if (debug) process.stderr.write(`${error.stack}\n`);
    return error.code;
  }
  process.stderr.write(`error: ${shown(messagesOf(error).join(': '))}\n`);
  process.stderr.write('This is a bug in docspace-onboarding. Please report it with the output of LOG_LEVEL=debug.\n');
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return exitCodes.bug;
}

/** What was typed, and what a server answered, stands in messages too. */
const shown = (text: string): string => text.split('\n').map(visible).join('\n');

/** What an error and its causes say. */
function messagesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  return [error.message, ...(error.cause === undefined ? [] : messagesOf(error.cause))];
}
