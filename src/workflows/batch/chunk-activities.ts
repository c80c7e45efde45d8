import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';

/** A portal may refuse all calls until the next day, which an activity must outlive. */
const common = {
  heartbeatTimeout: '2s',
  scheduleToCloseTimeout: '48h',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const satisfies ActivityOptions;

/** About a quarter of an hour; then the chunk pauses and shows why. */
const retry = { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 20 } as const;

/** The create cannot be repeated, so it is an activity for each person. */
export const { createUser } = proxyActivities<Activities>({
  ...common,
  retry,
  summary: 'create the account with the fewest rights',
  startToCloseTimeout: '150s',
});

export const { getUsers } = proxyActivities<Activities>({
  ...common,
  retry,
  summary: 'look up a group',
  // A portal that knows no separator is asked for each person.
  startToCloseTimeout: '5m',
});

export const { updateUserRoles } = proxyActivities<Activities>({
  ...common,
  retry,
  summary: 'raise the role of a group',
  startToCloseTimeout: '5m',
});
