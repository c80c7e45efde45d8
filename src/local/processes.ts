import { execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Milliseconds a process has to end by itself before it is killed. */
const patience = 5_000;

/** The command line of a process, or `undefined` where it is gone: a pid alone may be somebody else's by now. */
async function commandLineOf(pid: number): Promise<string | undefined> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch {
    const found = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)]).catch(() => undefined);
    return found?.stdout.trim() || undefined;
  }
}

/** Whether the process with this pid was started with `argument`. */
export async function isRunning(pid: number, argument: string): Promise<boolean> {
  return (await commandLineOf(pid))?.includes(argument) ?? false;
}

/** Ends a process that is not a child of this one, and waits until it is gone. */
export async function endOrphan(pid: number, argument: string): Promise<void> {
  const start = Date.now();
  for (let signal: NodeJS.Signals | 0 = 'SIGTERM'; await isRunning(pid, argument); await delay(50)) {
    if (Date.now() - start > patience) signal = 'SIGKILL';
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (signal === 'SIGTERM') signal = 0;
  }
}

/** Ends a child process, and waits until it is gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  // One that could not be spawned has no pid, and never exits.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  await gone;
  clearTimeout(timer);
}
