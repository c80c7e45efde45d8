import { info } from './print.js';

/** If nothing is printed for this long, a line tells what the command waits for. */
export const waitNoticeIntervalMs = 10_000;

/** Prints what a command waits for, until the work has ended. `undefined` prints nothing. */
export async function withWaitNotice<Result>(
  describe: () => string | undefined | Promise<string | undefined>,
  work: Promise<Result>,
): Promise<Result> {
  const notify = async (): Promise<void> => {
    const reason = await describe();
    if (reason !== undefined) info(`… ${reason}`);
  };
  const timer = setInterval(() => void notify().catch(() => undefined), waitNoticeIntervalMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
