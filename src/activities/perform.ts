import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { PortalError } from '../docspace/errors.js';
import type { Portal } from '../docspace/portal.js';
import { failureTypes, type AttentionFound } from '../workflows/messages.js';
import type { Breaker } from './breaker.js';
import { needsAttention, toFailure } from './failures.js';

/** Milliseconds: a step that is over sooner costs no heartbeat; the heartbeat timeout is three times as long. */
const heartbeatInterval = 1_000;

/** What a worker serves. */
export interface Serving {
  portal: Portal;
  breaker: Breaker;
}

/** What every step is told. */
export interface StepRequest {
  /** Origin of the portal that is meant. */
  portal: string;
  /** A person has released this step: it asks the portal, whatever the breaker says. */
  released?: boolean;
}

/** One attempt of a step, and what the attempts before it left. */
export interface Attempt {
  number: number;
  signal: AbortSignal;
  /** @throws what everybody is answered while the portal refuses everybody; to be called before its first call */
  mayAsk(): void;
  /** What an attempt before remembered; an older one's where the last was killed. */
  recalled: unknown;
  /** Keeps something for the next attempt: a throw takes it along, a kill -9 does not. */
  remember(details: unknown): void;
}

/**
 * Runs one attempt of a step: only against the portal it is meant for, with heartbeats from the second second on, and
 * with every {@link PortalError} turned into the failure that says what happens next.
 */
export async function perform<Result>(
  { portal, breaker }: Serving,
  request: StepRequest,
  step: (attempt: Attempt) => Promise<Result>,
): Promise<Result> {
  if (request.portal !== portal.origin) {
    throw needsAttention(
      'wrong-portal',
      `this onboarding is for ${request.portal}, and the worker serves ${portal.origin}`,
      `Start a worker with API_HOST=${request.portal} and its API_KEY, then retry.`,
    );
  }
  const context = Context.current();
  const { attempt: number, heartbeatDetails: recalled } = context.info;
  let remembered: unknown = recalled;
  const heartbeats = setInterval(() => context.heartbeat(remembered), heartbeatInterval);
  try {
    const result = await step({
      number,
      mayAsk: () => breaker.check(request.released === true),
      signal: context.cancellationSignal,
      recalled,
      remember: (details) => (remembered = details),
    });
    breaker.close();
    return result;
  } catch (error) {
    context.heartbeat(remembered);
    if (error instanceof PortalError && error.facts.enveloped) breaker.close();
    throw failureOf(error, context, portal.origin, remembered, breaker);
  } finally {
    clearInterval(heartbeats);
  }
}

function failureOf(error: unknown, context: Context, origin: string, remembered: unknown, breaker: Breaker): unknown {
  const aborted = error instanceof PortalError && error.facts.kind === 'aborted';
  if (aborted && context.cancellationSignal.aborted) return cancelled(context);
  const failure = error instanceof PortalError ? toFailure(error, origin) : error;
  if (!(failure instanceof ApplicationFailure) || failure.type !== failureTypes.needsAttention) return failure;
  const attention = failure.details?.[0] as AttentionFound;
  if (attention.portalWide) breaker.open(attention);
  // The step begins anew when it is released: what it knows goes along.
  return ApplicationFailure.nonRetryable(failure.message, failure.type, attention, remembered);
}

function cancelled(context: Context): CancelledFailure {
  const { reason } = context.cancellationSignal as { reason: unknown };
  return reason instanceof CancelledFailure ? reason : new CancelledFailure('CANCELLED');
}
