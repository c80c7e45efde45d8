import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { PortalError } from '../../docspace/errors.js';
import type { WriteBounds } from '../../docspace/http/http-client.js';
import type { Portal } from '../../docspace/portal.js';
import { failureTypes, type AttentionDetails } from '../../contract/onboarding.js';
import type { groupCreationId } from '../../contract/places.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import { neverTried } from '../../domain/create-rule.js';
import { needsAttention, toFailure } from '../failures.js';
import { Lease, type SuspensionAwareClock } from './lease.js';
import type { PortalRequest } from '../../contract/steps.js';

/** A step that ends sooner sends no heartbeat. The heartbeat timeout is four times as long. */
export const heartbeatIntervalMs = 500;

/** A heartbeat without an answer after this time counts as lost. */
const acknowledgmentTimeoutMs = 1_500;

const maxDelayMs = 5_000;

/** What all attempts of a worker share. */
export interface WorkerContext {
  portal: Portal;
  /** How long to wait after an unclear create before another is sent. */
  settleWindowMs: number;
  /** Makes the id of the run that creates a group. */
  creationIdFor: typeof groupCreationId;
  /** What the worker has learned about its portal. */
  traits: {
    /** The portal ignored the documented role call once, so it always will. */
    documentedRoleIgnored: boolean;
    /** Whether the portal returns the comment of a create as notes. Unknown until a create was answered. */
    keepsNotes: boolean | undefined;
  };
  breaker: CircuitBreaker;
  clock: SuspensionAwareClock;
}

/** One attempt of a step, and what earlier attempts left. */
export interface Attempt {
  number: number;
  /** When the server scheduled this attempt, by its own clock. */
  scheduledAt: number;
  /** The server's time, or a little less: the attempt may have waited for a worker. */
  now(): number;
  /** An operator reset the run or the activity, so its earlier writes are unknown. */
  isReset: boolean;
  /** It began long after it was scheduled, so what the request says about the portal may be outdated. */
  isDelayed: boolean;
  signal: AbortSignal;
  /** Aborts only if the worker shuts down. A call that was sent is completed even if the onboarding is cancelled. */
  untilShutdown: AbortSignal;
  /** Guards for a call that changes the portal. */
  writeBounds: WriteBounds;
  /** Fails with the portal's last answer while the portal refuses everybody. Every step calls it first. */
  assertCircuitClosed(): void;
  /** The note of the previous attempt, or an older one if that attempt was killed. */
  previousNote: unknown;
  /** Saves a note for the next attempt. It survives a failure of this attempt, and usually a kill -9. */
  saveNote(note: unknown): void;
  /** Resolves once the server has the note. */
  flushNote(): Promise<void>;
}

/** What an activity does in one attempt. */
export type Step<Request, Result> = (worker: WorkerContext, request: Request, attempt: Attempt) => Promise<Result>;

/**
 * Runs one attempt of a step: only against the intended portal, with heartbeats, and with every {@link PortalError}
 * turned into the failure that decides what happens next.
 */
export async function runAttempt<Request extends PortalRequest, Result>(
  worker: WorkerContext,
  request: Request,
  step: Step<Request, Result>,
): Promise<Result> {
  const { portal, breaker, clock } = worker;
  const context = Context.current();
  const { attempt: number, heartbeatDetails: previousNote, ...info } = context.info;
  if (request.portal !== portal.origin) throw wrongPortal(request, portal.origin, number);
  let note: unknown = previousNote;
  const flushNote = async (): Promise<void> => {
    const { client } = context;
    const deadline = Date.now() + acknowledgmentTimeoutMs;
    await client.withDeadline(deadline, () => client.activity.heartbeat(info.taskToken, note));
  };
  const lease = new Lease(clock, allowedMs(context, portal), flushNote);
  const heartbeats = setInterval(() => {
    context.heartbeat(note);
    lease.keepFresh();
  }, heartbeatIntervalMs);
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs: scheduledAt } = info;
  const startedAt = performance.now();
  const now = (): number => scheduledAt + performance.now() - startedAt;
  try {
    const result = await step(worker, request, {
      number,
      scheduledAt,
      now,
      // A retry has a higher number. Only a reset schedules a first attempt twice.
      isReset: request.isResetRun === true || (number === 1 && scheduledAt > scheduledTimestampMs),
      // Another clock than the server's only costs a call that reads again.
      isDelayed: Math.abs(Date.now() - scheduledAt) > maxDelayMs,
      assertCircuitClosed: () => breaker.check(request.resumed === true),
      signal: context.cancellationSignal,
      untilShutdown: untilShutdown(context),
      writeBounds: {
        signal: context.cancellationSignal,
        beforeSend: () => lease.renew(),
        mayWrite: () => {
          if (context.cancellationSignal.aborted) throw cancelled(context);
          lease.check();
        },
      },
      previousNote,
      saveNote: (saved) => (note = saved),
      flushNote,
    });
    breaker.close();
    return result;
  } catch (error) {
    context.heartbeat(note);
    throw failureOf(error, context, now(), portal.origin, note, breaker);
  } finally {
    clearInterval(heartbeats);
  }
}

/**
 * How long after its start an attempt may begin a call. Without a limit if start-to-close is not shorter than
 * schedule-to-close, because no attempt follows then.
 */
function allowedMs({ info: { startToCloseTimeoutMs, scheduleToCloseTimeoutMs } }: Context, portal: Portal): number {
  const isLast = startToCloseTimeoutMs >= scheduleToCloseTimeoutMs;
  return isLast ? Infinity : startToCloseTimeoutMs - portal.timeoutMs;
}

/** No call was made, so the step knows no more than before. */
function wrongPortal({ portal, resumeFrom }: PortalRequest, served: string, attempt: number): ApplicationFailure {
  const { message, details, type } = needsAttention(
    'wrong-portal',
    `this onboarding is for ${portal}, and the worker serves ${served}`,
    `Start a worker with API_HOST=${portal} and its API_KEY, then retry.`,
  );
  const note = attempt === 1 ? (resumeFrom ?? neverTried) : 'unknown';
  return ApplicationFailure.nonRetryable(message, type ?? undefined, details?.[0], note);
}

function failureOf(
  error: unknown,
  context: Context,
  now: number,
  origin: string,
  note: unknown,
  breaker: CircuitBreaker,
): unknown {
  const { kind, waitMs } = error instanceof PortalError ? error.facts : {};
  if ((kind === 'aborted' || kind === 'throttled') && context.cancellationSignal.aborted) return cancelled(context);
  if (waitMs !== undefined && now + waitMs >= lastRetryAt(context)) return portalClosedFor(now, waitMs, note);
  const failure = error instanceof PortalError ? toFailure(error, origin) : error;
  const isAttention = failure instanceof ApplicationFailure && failure.type === failureTypes.needsAttention;
  const attention = isAttention ? (failure.details?.[0] as AttentionDetails) : undefined;
  if (isBareRefusal(error) && !breaker.confirmsSuspicion()) {
    return ApplicationFailure.retryable(`${error.facts.route}: ${attention?.message}`, failureTypes.portalUnavailable);
  }
  if (attention?.portalWide) breaker.open(attention);
  else if (error instanceof PortalError && error.facts.isPortalResponse) breaker.close();
  if (!isAttention) return failure;
  // A resumed step is a new activity without old heartbeats to read, so the note goes with the failure.
  return ApplicationFailure.nonRetryable(failure.message, failure.type, attention, note);
}

function isBareRefusal(error: unknown): error is PortalError {
  if (!(error instanceof PortalError)) return false;
  const { status, isPortalResponse } = error.facts;
  return (status === 403 || status === 404) && isPortalResponse !== true;
}

/** The time after which the server no longer retries. A step whose next attempt would be later fails at once. */
function lastRetryAt({ info: { scheduledTimestampMs, scheduleToCloseTimeoutMs } }: Context): number {
  return scheduledTimestampMs + scheduleToCloseTimeoutMs - 1_000;
}

/**
 * The portal accepts no call until after the last retry of this step, for example because the writes of a day are
 * used up. The circuit breaker stays closed, because nobody was refused.
 */
function portalClosedFor(now: number, waitMs: number, note: unknown): ApplicationFailure {
  const until = new Date(now + waitMs).toISOString();
  const attention: AttentionDetails = {
    reason: 'portal-unavailable',
    message: `the portal accepts no more calls from this account before ${until}`,
    hint: 'You need not do anything: the onboarding continues by itself then.',
    portalWide: true,
    recheckAfterMs: waitMs,
  };
  return ApplicationFailure.nonRetryable(attention.message, failureTypes.needsAttention, attention, note);
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
