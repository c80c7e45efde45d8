import { readFileSync } from 'node:fs';
import { runningProgram } from './settings/environment.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves on the first signal to stop. The second one ends the process at once. */
export function stopRequested(): Promise<void> {
  const stopSignals = signals.filter((signal) => signal !== 'SIGHUP' || !isUnderNohup());
  // Node undoes what nohup did: it resets an ignored signal to its default, which would end the process.
  if (isUnderNohup()) process.on('SIGHUP', () => undefined);
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of stopSignals) process.off(signal, stop);
      resolve();
    };
    for (const signal of stopSignals) process.on(signal, stop);
  });
}

/** Under `npm run`, a shell between npm and this process still ignores the signal. */
function isUnderNohup(): boolean {
  return /(?:^|\/)nohup$/.test(runningProgram() ?? '') || parentIgnoresHangup();
}

function parentIgnoresHangup(): boolean {
  try {
    const [, ignored = '0'] = /^SigIgn:\s*([\da-f]+)/m.exec(readFileSync(`/proc/${process.ppid}/status`, 'utf8')) ?? [];
    return (BigInt(`0x${ignored}`) & 1n) === 1n; // bit 0 is SIGHUP
  } catch {
    return false; // not Linux
  }
}
