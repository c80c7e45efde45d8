import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Exit, exitCodes } from '../program/exit.js';
import { endChild } from './processes.js';

export interface SandboxProcess {
  url: string;
  /** A key that acts as the owner, who alone makes a DocSpaceAdmin. */
  key: string;
  stop(): Promise<void>;
}

const starter = fileURLToPath(new URL('../starter.js', import.meta.url));

/** Starts the sandbox in a process of its own, which ends with this one, however this one ends. */
export async function startSandboxProcess(port: number, data: string): Promise<SandboxProcess> {
  const child = fork(starter, ['sandbox', '--json', '--port', String(port), '--data', data], {
    // Ctrl-C reaches our code first, which then stops the sandbox.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout! }), 'line'),
    once(child, 'exit').then(() => []),
  ])) as [string?];
  if (line === undefined) {
    throw new Exit(exitCodes.usage, said.trim().replace(/^error: /, '') || 'the sandbox portal did not start');
  }
  const { url, keys } = JSON.parse(line) as { url: string; keys: { owner: string } };
  return { url, key: keys.owner, stop: () => endChild(child) };
}
