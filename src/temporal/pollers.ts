import type { ConnectionLike } from '@temporalio/client';

interface Poller {
  identity: string;
  /** The time of the last poll, in milliseconds since 1970. */
  lastPollAt: number;
}

/** The workers that polled within the last five minutes, for which the server remembers them. */
export async function knownPollers(
  { workflowService }: Pick<ConnectionLike, 'workflowService'>,
  { namespace, taskQueue }: { namespace: string; taskQueue: string },
): Promise<Poller[]> {
  const { pollers } = await workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
  });
  return pollers.map(({ identity, lastAccessTime }) => ({
    identity: identity ?? '',
    lastPollAt: Number(lastAccessTime?.seconds ?? 0) * 1_000,
  }));
}

/** A worker polls at least once a minute. */
const pollerLifetimeMs = 70_000;

/** The workers that polled recently. */
export async function recentPollers(...queue: Parameters<typeof knownPollers>): Promise<Poller[]> {
  return (await knownPollers(...queue)).filter(({ lastPollAt }) => Date.now() - lastPollAt < pollerLifetimeMs);
}
