import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';

/** An activity must survive a portal that refuses all calls until the next day. */
const common = {
  heartbeatTimeout: '2s',
  scheduleToCloseTimeout: '48h',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const satisfies ActivityOptions;

/** About a quarter of an hour in total. Then the chunk pauses and shows why. */
const retry = { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 20 } as const;

/** A create cannot be repeated, so each person has an activity of their own. */
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
  // A portal without `filterSeparator` needs a call for each person.
  startToCloseTimeout: '5m',
});

export const { updateUserRoles } = proxyActivities<Activities>({
  ...common,
  retry,
  summary: 'raise the role of a group',
  startToCloseTimeout: '5m',
});
