import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** After this time, a process that does not end by itself is killed. */
export const stopTimeoutMs = 5_000;

/** Stops a child process, and waits until it has ended. */
export async function stopChild(child: ChildProcess): Promise<void> {
  // A child that could not be spawned has no pid, and never exits.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
}
