import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';

export type StepActivities = Pick<Activities, 'createUser' | 'getUser' | 'updateUserRole'>;

interface Patience {
  /** Milliseconds of retries after which a step is parked instead. */
  giveUpAfter: number;
  /** Attempts after which it is; without it as many as there is time for. */
  mostAttempts?: number;
}

/**
 * The three steps, each with its own patience. Start-to-close only bounds a live worker, and stays above the HTTP timeouts of
 * the calls a step makes (30 s each), so that two attempts of one step never overlap. Cancellation waits for the step, which
 * hears of it by its heartbeat: what is then reported is what the portal has.
 */
export function createStepProxies({ giveUpAfter, mostAttempts }: Patience): StepActivities {
  const bounded = mostAttempts === undefined ? {} : { maximumAttempts: mostAttempts };
  const common = {
    // A dead worker is found by its missing heartbeats. Three seconds delay everybody by another one; with two, of 900
    // attempts on a machine with three times too much to do, none to five were taken from a live worker.
    heartbeatTimeout: '2s',
    scheduleToCloseTimeout: giveUpAfter,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  } as const satisfies ActivityOptions;

  const { createUser } = proxyActivities<Activities>({
    ...common,
    summary: 'create the account with the least right',
    // At most four calls, each of which may wait 5 s for its turn: a look-up, the create, and whose the account is that is
    // there already.
    startToCloseTimeout: '150s',
    // What a killed worker had begun is taken again almost at once; a portal that is down gets a minute.
    retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '1m', ...bounded },
  });

  const { getUser } = proxyActivities<Activities>({
    ...common,
    summary: 'get the profile: is it the same person?',
    startToCloseTimeout: '40s',
    // A read is harmless, and a portal may need a moment to show a new account.
    retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s', ...bounded },
  });

  /** The role is in the summary, so that the timeline of the Web UI tells one change from another. */
  const updateUserRole: Activities['updateUserRole'] = (request) =>
    proxyActivities<Activities>({
      ...common,
      summary: `update the role to ${request.requestedRole}`,
      // Downwards the portal works on it, and is asked how far it is.
      startToCloseTimeout: '10m',
      retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '1m', ...bounded },
    }).updateUserRole(request);

  return { createUser, getUser, updateUserRole };
}
