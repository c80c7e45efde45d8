import { CancelledFailure, Context } from '@temporalio/activity';
import { PortalError } from '../docspace/errors.js';
import type { Portal } from '../docspace/portal.js';
import { needsAttention, toFailure } from './failures.js';

/** Milliseconds: a step that is over sooner costs no heartbeat; the heartbeat timeout is three times as long. */
const heartbeatInterval = 1_000;

/**
 * Runs one attempt of a step: only against the portal it is meant for, with heartbeats from the second second on, and
 * with every {@link PortalError} turned into the failure that says what happens next.
 */
export async function perform<Result>(
  portal: Portal,
  request: { portal: string },
  step: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (request.portal !== portal.origin) {
    throw needsAttention(
      'wrong-portal',
      `this onboarding is for ${request.portal}, and the worker serves ${portal.origin}`,
      `Start a worker with API_HOST=${request.portal} and its API_KEY, then retry.`,
    );
  }
  const context = Context.current();
  const heartbeats = setInterval(() => context.heartbeat(), heartbeatInterval);
  try {
    return await step(context.cancellationSignal);
  } catch (error) {
    if (!(error instanceof PortalError)) throw error;
    if (error.facts.kind === 'aborted' && context.cancellationSignal.aborted) throw cancelled(context);
    throw toFailure(error, portal.origin);
  } finally {
    clearInterval(heartbeats);
  }
}

function cancelled(context: Context): CancelledFailure {
  const { reason } = context.cancellationSignal as { reason: unknown };
  return reason instanceof CancelledFailure ? reason : new CancelledFailure('CANCELLED');
}
