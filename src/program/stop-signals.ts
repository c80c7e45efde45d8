import { constants, readFileSync } from 'node:fs';
import { Exit, exitCodes } from './exit.js';
import { runningProgram } from './settings/environment.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves on the first stop signal. The second one ends the process at once. */
export function stopRequested(): Promise<void> {
  const stopSignals = signals.filter((signal) => signal !== 'SIGHUP' || !isUnderNohup());
  // Node undoes the effect of nohup: it resets an ignored signal to its default, which would end the process.
  if (isUnderNohup()) process.on('SIGHUP', () => undefined);
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of stopSignals) process.off(signal, stop);
      resolve();
    };
    for (const signal of stopSignals) process.on(signal, stop);
  });
}

/**
 * Rejects on the first stop signal.
 *
 * @param describe returns a sentence about what continues
 */
export function interruption(describe?: () => string): Promise<never> {
  const interrupted = stopRequested().then((): never => {
    throw new Exit(exitCodes.interrupted, 'interrupted', describe?.());
  });
  interrupted.catch(() => undefined);
  return interrupted;
}

/** On a terminal, nohup leaves a standard input that can only be written. */
function isUnderNohup(): boolean {
  return /(?:^|\/)nohup$/.test(runningProgram() ?? '') || isInputWriteOnly();
}

/** The bits of the flags that distinguish reading from writing. */
const accessMode = constants.O_RDONLY | constants.O_WRONLY | constants.O_RDWR;

function isInputWriteOnly(): boolean {
  try {
    const [, flags = '0'] = /^flags:\s*([0-7]+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8')) ?? [];
    return (Number.parseInt(flags, 8) & accessMode) === constants.O_WRONLY;
  } catch {
    return false; // not Linux
  }
}
