import type { Logger } from '@temporalio/worker';

const intervalMs = 60_000;

/**
 * Logs why a worker is slow after the portal refused a call because of a limit, at most once a minute.
 *
 * @param slowdown the reason, if calls are held back now
 * @returns a listener for the results of calls
 */
export function slowdownLogger(
  logger: Logger,
  slowdown: () => string | undefined,
): (route: string, result: string) => void {
  let loggedAt = -Infinity;
  return (route, result) => {
    if ((result !== '429' && result !== '503') || performance.now() - loggedAt < intervalMs) return;
    const reason = slowdown();
    if (reason === undefined) return;
    loggedAt = performance.now();
    logger.warn(`slow: ${reason}`, { route });
  };
}
