import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Duration } from '@temporalio/common';
import type { Activities } from '../../activities/index.js';
import type { UpdateUserRoleRequest } from '../../contract/steps.js';

interface RetryLimits {
  /** How long, in milliseconds or as a duration, an activity is retried. */
  giveUpAfter: Duration;
  /** The same limit in attempts. If it is absent, only the time counts. */
  maximumAttempts?: number;
}

/**
 * Proxies of the activities. Start-to-close limits only a live worker, so it exceeds the HTTP timeouts (30 s each) of
 * all calls in an activity, and two attempts never overlap. A cancelled run waits for its activities to end, because
 * the outcome reports what the portal has.
 */
export function createActivityProxies({ giveUpAfter, maximumAttempts }: RetryLimits) {
  const retry = {
    // After a killed worker, the next attempt begins almost at once. A portal that is down is retried once a minute.
    initialInterval: '250ms',
    backoffCoefficient: 2,
    maximumInterval: '1m',
    ...(maximumAttempts !== undefined && { maximumAttempts }),
  } as const;
  const common = {
    // Missing heartbeats reveal a dead worker. With 3 s everybody would wait a second longer; with 2 s, on a machine
    // with three times too much load, at most five of 900 attempts were taken from a live worker.
    heartbeatTimeout: '2s',
    scheduleToCloseTimeout: giveUpAfter,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry,
  } as const satisfies ActivityOptions;

  const proxies = (options: ActivityOptions) => proxyActivities<Activities>({ ...common, ...options });
  const { findPlaces, joinGroups, enterRooms, addToPlaces } = proxies({ startToCloseTimeout: '5m' });

  return {
    createUser: proxies({
      summary: 'create the account with the fewest rights',
      // At most four calls, each after a wait of up to 5 s: a look-up, the create, and two that find out who created it.
      startToCloseTimeout: '150s',
    }).createUser,

    getUser: proxies({
      summary: 'get the profile, and check that it is the same person',
      startToCloseTimeout: '40s',
      // A read is harmless, and a portal may need a moment to show a new account.
      retry: { ...retry, maximumInterval: '30s' },
    }).getUser,

    /** The summary names the role, so the timeline of the Web UI distinguishes the changes. */
    updateUserRole: (request: UpdateUserRoleRequest) =>
      proxies({
        summary: request.requestedRole === '' ? 'read the account' : `update the role to ${request.requestedRole}`,
        // The portal lowers a role with a job, which the step polls.
        startToCloseTimeout: '10m',
      }).updateUserRole(request),

    sendActivationMail: proxies({
      summary: 'request the activation mail again',
      startToCloseTimeout: '40s',
    }).sendActivationMail,

    getUsers: proxies({
      summary: 'look up a group',
      // A portal without `filterSeparator` needs a call for each person.
      startToCloseTimeout: '5m',
    }).getUsers,

    updateUserRoles: proxies({
      summary: 'raise the role of a group',
      startToCloseTimeout: '5m',
    }).updateUserRoles,

    createGroup: proxies({
      summary: 'create the group, if the portal has none of this name',
      // At most three calls, each after a wait of up to 5 s: a look-up, the create, and its read-back.
      startToCloseTimeout: '150s',
    }).createGroup,

    findPlaces,
    joinGroups,
    enterRooms,
    addToPlaces,
  };
}
