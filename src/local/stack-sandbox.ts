import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Exit, exitCodes } from '../program/exit.js';
import { scrubbedEnvironment } from '../program/settings/environment.js';
import { freePort, isListening, waitUntilFree } from './ports.js';
import { stopChild } from './processes.js';
import { localFolder } from './stack-folder.js';
import { writePrivateFile } from './stack-record.js';

export interface StackSandbox {
  url: string;
  /** The key of the owner, because nobody else can create a DocSpaceAdmin. */
  key: string;
  stop(): Promise<void>;
}

interface SandboxRequest {
  /** A command that only reads starts no sandbox. */
  needsWorker: boolean;
  notify: (line: string) => void;
}

const defaultSandboxPort = 8092;

/** The sandbox keeps its port, because its histories name its address as the origin of the portal. */
export async function startStackSandbox(
  folder: string,
  { needsWorker, notify }: SandboxRequest,
): Promise<StackSandbox> {
  const file = join(folder, 'portal-port');
  const people = join(folder, 'people.jsonl');
  if (!existsSync(file)) {
    warnOfCheckout(notify);
    if (!needsWorker) return unneededSandbox(await freePort(defaultSandboxPort));
    const sandbox = await startOnFreePort(people);
    writePrivateFile(file, new URL(sandbox.url).port);
    return sandbox;
  }
  const port = readPort(file);
  if (!needsWorker) return unneededSandbox(port);
  if (await waitUntilFree(port)) return startProcess(port, people);
  throw new Exit(
    exitCodes.usage,
    `another program uses port ${port}, the address of this folder's sandbox portal`,
    'Stop it, or start a sandbox elsewhere with `npm run starter -- sandbox --port N` and set API_HOST and API_KEY to it.',
  );
}

/** A command that only reads shows the address of the sandbox, and never calls it. */
function unneededSandbox(port: number): StackSandbox {
  return { url: `http://127.0.0.1:${port}`, key: '', stop: async () => undefined };
}

function readPort(file: string): number {
  const text = readFileSync(file, 'utf8').trim();
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Exit(
    exitCodes.usage,
    `${resolve(file)} does not contain a port`,
    `Write the port of the sandbox into it, or remove ${resolve(file, '..')} to start with an empty sandbox.`,
  );
}

const isConfigured = (folder: string): boolean =>
  existsSync(join(folder, '.env')) || existsSync(join(folder, localFolder, 'sandbox', 'portal-port'));

/** Warns a user who configured the checkout but runs a command elsewhere, and does not expect the sandbox. */
function warnOfCheckout(notify: SandboxRequest['notify']): void {
  const checkout = fileURLToPath(new URL('../../', import.meta.url));
  if (!isConfigured('.') && isConfigured(checkout)) {
    notify(`This folder has neither .env nor .local, so the command uses a new sandbox. ${checkout} has them.`);
  }
}

const starter = fileURLToPath(new URL('../starter.js', import.meta.url));

/** Starts the sandbox in its own process, which ends with this one, however this one ends. */
async function startProcess(port: number, data: string): Promise<StackSandbox> {
  const child = fork(starter, ['sandbox', '--json', '--port', String(port), '--data', resolve(data)], {
    // Ctrl-C reaches this process first, which then stops the sandbox.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: scrubbedEnvironment(),
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout! }), 'line'),
    once(child, 'close').then(() => []),
  ])) as [string?];
  if (line === undefined) {
    throw new Exit(exitCodes.usage, errors.trim().replace(/^error: /, '') || 'the sandbox portal did not start');
  }
  const { url, keys } = JSON.parse(line) as { url: string; keys: { owner: string } };
  return { url, key: keys.owner, stop: () => stopChild(child) };
}

/** Between the choice of a port and the start of the sandbox, another program can take the port. */
async function startOnFreePort(data: string): Promise<StackSandbox> {
  for (;;) {
    const port = await freePort(defaultSandboxPort);
    try {
      return await startProcess(port, data);
    } catch (error) {
      if (!(await isListening(port))) throw error;
    }
  }
}
