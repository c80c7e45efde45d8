import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Exit, exitCodes, type ExitCode } from '../program/exit.js';
import { faultList, type Fault } from '../sandbox/faults/faults.js';
import { startSandbox, type Sandbox } from '../sandbox/server.js';
import { noProblems } from '../program/settings.js';
import { print, printJson, info } from '../terminal/print.js';

interface SandboxFlags {
  port: string;
  data?: string;
  seats?: string;
  documentedRole?: boolean;
  limits?: boolean;
  /** A file of faults, or only the control route. */
  faults?: string | true;
  json?: boolean;
}

/** The sandbox alone, until it is stopped or the process that started it is gone. */
export async function sandbox(flags: SandboxFlags, problems: string[]): Promise<ExitCode> {
  const port = readNumber('--port', flags.port, 65_535, problems);
  const seats = flags.seats === undefined ? undefined : readNumber('--seats', flags.seats, 1_000_000, problems);
  const faults = readFaults(flags.faults, problems);
  noProblems(problems);
  const { data, documentedRole, limits } = flags;
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'disconnect')]);
  const running = await start({ port, data, seats, documentedRole, limits, faults });
  if (flags.json) printJson({ url: running.url, keys: running.keys });
  else describe(running);
  await stopped;
  await running.close();
  // The channel to the process that started this one would keep it alive.
  if (process.connected) process.disconnect();
  return exitCodes.done;
}

async function start(options: Parameters<typeof startSandbox>[0]): Promise<Sandbox> {
  try {
    return await startSandbox(options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Exit(exitCodes.usage, `port ${options.port} is taken`, 'Choose another one with --port.');
  }
}

function describe({ url, keys }: Sandbox): void {
  info(`A sandbox portal listens at ${url}; Ctrl-C stops it.`);
  print(`API_HOST=${url}`);
  print(`API_KEY=${keys.owner}`);
  info('That is the key of its owner. With --json the keys of the other types are printed too.');
}

function readNumber(name: string, text: string, most: number, problems: string[]): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value <= most)) problems.push(`${name} is a number up to ${most}, not "${text}"`);
  return value;
}

function readFaults(given: string | true | undefined, problems: string[]): readonly Fault[] | undefined {
  if (given === undefined || given === true) return given && [];
  try {
    return faultList.parse(JSON.parse(readFileSync(given, 'utf8')));
  } catch (error) {
    problems.push(
      `--faults ${given} is not a list of faults: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}
