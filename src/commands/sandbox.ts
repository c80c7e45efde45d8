import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { callerPath } from '../program/working-folder.js';
import { Exit, exitCodes, throwProblems } from '../program/exit.js';
import { fileErrorReason } from '../utils/file-errors.js';
import type { Sandbox, SandboxOptions } from '../sandbox/server.js';
import { stopRequested } from '../program/stop-signals.js';
import { info, print, printJson } from '../terminal/print.js';
import { action, createCommand } from './command.js';

/** Runs the sandbox alone, until a signal arrives or the process that spawned it has ended. */
export const sandboxCommand = createCommand(
  'sandbox',
  'Run the sandbox: a local portal that behaves like the real one.',
  ['sandbox --port 8092'],
)
  .option('--port <number>', 'port to listen on; 0 picks a free one', '8092')
  .option('--data <file>', 'file that keeps its people (default: they are lost when it stops)', callerPath)
  .option('--seats <number>', 'number of paid seats, the owner included (default: no limit)')
  .option('--documented-role', 'apply PUT {role} as the documentation says; no real portal does')
  .option('--limits', 'limit each account to 1,500 calls a minute, 15 writes at once and 10,000 writes a day')
  .option('--faults [file]', 'open the fault API for tests under /sandbox; with a file, start with its faults')
  .option('--json', 'print the address and the keys as JSON')
  .action(
    action(async (problems, { port, seats, faults, json, ...rest }) => {
      const options = {
        ...rest,
        port: parseNumber('--port', port, 65_535, problems),
        seats: seats === undefined ? undefined : parseNumber('--seats', seats, 1_000_000, problems),
        faults: typeof faults === 'string' ? await readFaults(callerPath(faults), problems) : faults,
      };
      if (rest.data === '') problems.push('--data needs the name of a file');
      throwProblems(problems);
      const stopped = Promise.race([stopRequested(), once(process, 'disconnect')]);
      const sandbox = await start(options);
      if (json) printJson({ url: sandbox.url, keys: sandbox.keys });
      else describe(sandbox);
      await stopped;
      await sandbox.close();
      // The channel to the parent process would keep this process alive.
      if (process.connected) process.disconnect();
      return exitCodes.done;
    }),
  );

async function start(options: SandboxOptions): Promise<Sandbox> {
  const { startSandbox } = await import('../sandbox/server.js');
  try {
    return await startSandbox(options);
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, options);
  }
}

function explain(error: NodeJS.ErrnoException, { port, data }: SandboxOptions): Error {
  const { code, syscall, message } = error;
  if (syscall === 'listen') {
    const what = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`;
    return new Exit(exitCodes.usage, `port ${port} ${what}`, 'Choose another one with --port.');
  }
  if (data === undefined) return error;
  const reason = fileErrorReason(error);
  if (reason !== undefined) return new Exit(exitCodes.usage, `${resolve(data)}: ${reason}`);
  if (!message.includes('is not the data file of a sandbox')) return error;
  return new Exit(exitCodes.usage, message, 'Name another file, or remove this one to start with an empty sandbox.');
}

function describe({ url, keys }: Sandbox): void {
  info(`The sandbox portal listens at ${url}. Ctrl-C stops it.`);
  print(`API_HOST=${url}`);
  print(`API_KEY=${keys.owner}`);
  info('This is the key of its owner. --json prints one key for each user type.');
}

function parseNumber(name: string, text: string, max: number, problems: string[]): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value <= max)) problems.push(`${name} is a number up to ${max}, not "${text}"`);
  return value;
}

async function readFaults(file: string, problems: string[]): Promise<SandboxOptions['faults']> {
  const { faultList } = await import('../sandbox/faults/faults.js');
  try {
    return faultList.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push(`--faults ${file} is not a list of faults: ${why}`);
    return undefined;
  }
}
