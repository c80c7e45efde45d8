import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Exit, exitCodes } from '../program/exit.js';
import { scrubbedEnvironment } from '../program/settings/environment.js';
import { freePort, isListening } from './ports.js';
import { stopChild } from './processes.js';

export interface SandboxProcess {
  url: string;
  /** The key of the owner, because nobody else can create a DocSpaceAdmin. */
  key: string;
  stop(): Promise<void>;
}

const starter = fileURLToPath(new URL('../starter.js', import.meta.url));

/** Starts the sandbox in its own process, which ends with this one, however this one ends. */
export async function startSandboxProcess(port: number, data: string): Promise<SandboxProcess> {
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
export async function startSandboxOnFreePort(
  preferred: number,
  data: string,
): Promise<{ port: number; sandbox: SandboxProcess }> {
  for (;;) {
    const port = await freePort(preferred);
    try {
      return { port, sandbox: await startSandboxProcess(port, data) };
    } catch (error) {
      if (!(await isListening(port))) throw error;
    }
  }
}
