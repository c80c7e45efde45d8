import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { PortalError } from '../../docspace/errors.js';
import type { Portal } from '../../docspace/portal.js';
import { failureTypes, type AttentionDetails } from '../../contract/onboarding.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import { neverTried } from '../../domain/create-rule.js';
import { needsAttention, toFailure } from '../failures.js';
import { Lease, type SuspensionAwareClock } from './lease.js';
import type { PortalRequest } from '../../contract/steps.js';

/** Milliseconds: a step that is over sooner costs no heartbeat; the heartbeat timeout is four times as long. */
export const heartbeatInterval = 500;

/** What a worker serves. */
export interface WorkerContext {
  portal: Portal;
  breaker: CircuitBreaker;
  clock: SuspensionAwareClock;
}

/** One attempt of a step, and what the attempts before it left. */
export interface Attempt {
  number: number;
  signal: AbortSignal;
  /** The same for a call that is seen through when the onboarding is cancelled, and only given up when the worker stops. */
  untilShutdown: AbortSignal;
  /** @throws what everybody is answered while the portal refuses everybody; to be called before its first call */
  assertCircuitClosed(): void;
  /** @throws where the server may wait for another attempt by now; called by every write as its last act before it leaves */
  assertLeaseHeld: () => void;
  /** What an attempt before remembered; an older one's where the last was killed. */
  previousNote: unknown;
  /** Keeps something for the next attempt: a throw takes it along, a kill -9 does not. */
  saveNote(details: unknown): void;
}

/**
 * Runs one attempt of a step: only against the portal it is meant for, with heartbeats from the second half second on,
 * and with every {@link PortalError} turned into the failure that says what happens next.
 */
export async function runAttempt<Result>(
  { portal, breaker, clock }: WorkerContext,
  request: PortalRequest,
  step: (attempt: Attempt) => Promise<Result>,
): Promise<Result> {
  const context = Context.current();
  const { attempt: number, heartbeatDetails: recalled } = context.info;
  if (request.portal !== portal.origin) {
    throw wrongPortal(request, portal.origin, number);
  }
  const lease = new Lease(clock, allowedTime(context, portal));
  let remembered: unknown = recalled;
  const heartbeats = setInterval(() => context.heartbeat(remembered), heartbeatInterval);
  try {
    const result = await step({
      number,
      assertCircuitClosed: () => breaker.check(request.resumed === true),
      assertLeaseHeld: () => {
        if (context.cancellationSignal.aborted) throw cancelled(context);
        lease.check();
      },
      signal: context.cancellationSignal,
      untilShutdown: untilShutdown(context),
      previousNote: recalled,
      saveNote: (details) => (remembered = details),
    });
    breaker.close();
    return result;
  } catch (error) {
    context.heartbeat(remembered);
    throw failureOf(error, context, portal.origin, remembered, breaker);
  } finally {
    clearInterval(heartbeats);
  }
}

/** Milliseconds in which a call may begin. Where the last attempt is cut short by the end of them all, none follows it. */
function allowedTime({ info: { startToCloseTimeoutMs, scheduleToCloseTimeoutMs } }: Context, portal: Portal): number {
  const isLast = startToCloseTimeoutMs >= scheduleToCloseTimeoutMs;
  return isLast ? Infinity : startToCloseTimeoutMs - portal.timeoutMs;
}

/** Nothing was asked of the portal, so that the step knows what it knew before. */
function wrongPortal({ portal, resumeFrom }: PortalRequest, served: string, attempt: number): ApplicationFailure {
  const { message, details, type } = needsAttention(
    'wrong-portal',
    `this onboarding is for ${portal}, and the worker serves ${served}`,
    `Start a worker with API_HOST=${portal} and its API_KEY, then retry.`,
  );
  const known = attempt === 1 ? (resumeFrom ?? neverTried) : 'unknown';
  return ApplicationFailure.nonRetryable(message, type ?? undefined, details?.[0], known);
}

function failureOf(
  error: unknown,
  context: Context,
  origin: string,
  remembered: unknown,
  breaker: CircuitBreaker,
): unknown {
  const { kind, waitMs } = error instanceof PortalError ? error.facts : {};
  if ((kind === 'aborted' || kind === 'throttled') && context.cancellationSignal.aborted) return cancelled(context);
  if (waitMs !== undefined && Date.now() + waitMs >= lastRetryOf(context)) return closedFor(waitMs, remembered);
  const failure = error instanceof PortalError ? toFailure(error, origin) : error;
  const parks = failure instanceof ApplicationFailure && failure.type === failureTypes.needsAttention;
  const attention = parks ? (failure.details?.[0] as AttentionDetails) : undefined;
  if (attention?.portalWide) breaker.open(attention);
  else if (error instanceof PortalError && error.facts.isPortalResponse) breaker.close(); // the portal itself spoke
  if (!parks) return failure;
  // The step begins anew when it is released: what it knows goes along.
  return ApplicationFailure.nonRetryable(failure.message, failure.type, attention, remembered);
}

/** When the server makes no further attempt of this step. It ends one at once whose next attempt would come later. */
function lastRetryOf({ info: { scheduledTimestampMs, scheduleToCloseTimeoutMs } }: Context): number {
  return scheduledTimestampMs + scheduleToCloseTimeoutMs - 1_000;
}

/**
 * The portal takes no call for longer than this step may be tried, as when the writes of a day are used up. What the step
 * knows goes along, and how long it is to wait. It is none of the breaker's: nobody was refused.
 */
function closedFor(wait: number, remembered: unknown): ApplicationFailure {
  const until = new Date(Date.now() + wait).toISOString();
  const attention: AttentionDetails = {
    reason: 'portal-unavailable',
    message: `the portal takes no more calls of this account before ${until}`,
    hint: 'It goes on by itself then.',
    portalWide: true,
    recheckAfterMs: wait,
  };
  return ApplicationFailure.nonRetryable(attention.message, failureTypes.needsAttention, attention, remembered);
}

function untilShutdown({ cancellationSignal }: Context): AbortSignal {
  const stopping = new AbortController();
  cancellationSignal.addEventListener('abort', () => {
    if (String(cancellationSignal.reason).includes('WORKER_SHUTDOWN')) stopping.abort();
  });
  return stopping.signal;
}

function cancelled(context: Context): CancelledFailure {
  const { reason } = context.cancellationSignal as { reason: unknown };
  return reason instanceof CancelledFailure ? reason : new CancelledFailure('CANCELLED');
}
