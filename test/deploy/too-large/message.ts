import { proxyActivities } from '@temporalio/workflow';

const { createUser } = proxyActivities<{ createUser(text: string): Promise<void> }>({ startToCloseTimeout: '1m' });

/** A decision whose payloads are small enough, and together more than the four megabytes of one message: the server ends the run. */
export async function onboardUser(): Promise<void> {
  await Promise.all(Array.from({ length: 4 }, () => createUser('x'.repeat(1_500_000))));
}
