import type { Info } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';

/** When the server scheduled each attempt of a test, in milliseconds. */
export const scheduledAt = 1_000_000;

/**
 * One attempt as a worker runs it.
 *
 * @param heartbeat how the server acknowledges a heartbeat
 */
export function attemptEnvironment(
  info: Partial<Info> = {},
  heartbeat = (): Promise<void> => Promise.resolve(),
): MockActivityEnvironment {
  const client = {
    activity: { heartbeat },
    withDeadline: (_: unknown, call: () => unknown) => call(),
    withAbortSignal: (_: unknown, call: () => unknown) => call(),
  } as unknown as Client;
  return new MockActivityEnvironment(
    {
      scheduledTimestampMs: scheduledAt,
      currentAttemptScheduledTimestampMs: scheduledAt,
      startToCloseTimeoutMs: 600_000,
      scheduleToCloseTimeoutMs: 86_400_000,
      ...info,
    },
    { client },
  );
}
