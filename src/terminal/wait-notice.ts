import { localTimeOfDay } from './local-time.js';
import { info } from './print.js';

/** If nothing is printed for this long, a line tells what the command waits for. */
export const waitNoticeIntervalMs = 10_000;

/** Prints what a command waits for, until the work has ended. */
export async function withWaitNotice<Result>(describe: () => string, work: Promise<Result>): Promise<Result> {
  const since = localTimeOfDay(new Date());
  const timer = setInterval(() => info(`… waiting for ${describe()}, since ${since}`), waitNoticeIntervalMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
