import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, rootCause } from '@temporalio/common';
import { setTimeout as delay } from 'node:timers/promises';
import { Exit, exitCodes } from '../program/exit.js';
import { failureTypes, status, untilSettled, type Outcome } from '../contract/onboarding.js';
import type { onboardUser } from '../workflows/onboarding/onboard-user.js';
import { grpcCodes, grpcErrorIn, type GrpcError } from '../temporal/grpc-errors.js';
import { queryWithTimeout, noAnswerTimeoutMs, pollIntervalMs, waitWithProgress } from './workers.js';
import type { Session } from './session.js';
import { steps, type StepName, type StepStatus } from '../contract/steps.js';

/** An outcome as a command gives it: with the link that only the starter knows. */
export type ShownOutcome = Outcome & { webUi: string | null };

export type OnboardingHandle = WorkflowHandle<typeof onboardUser>;

/** Waits until an onboarding is settled, shows its way there, and answers its outcome. */
export async function follow(
  session: Session,
  handle: OnboardingHandle,
  settling: Promise<Outcome>,
  show: (outcome: ShownOutcome) => void,
): Promise<ShownOutcome> {
  const { workflowId } = handle;
  return shown(
    session,
    await waitWithProgress(session, settling, { workflowId, look: () => queryOutcome(session, handle), show }),
  );
}

/** What a run says of itself now, or `undefined` where nobody answers in time. */
export function queryOutcome(session: Session, handle: OnboardingHandle): Promise<ShownOutcome | undefined> {
  return queryWithTimeout(session, async () => {
    const [outcome, description] = await Promise.all([handle.query(status), handle.describe()]);
    return withRetries(shown(session, outcome), description);
  });
}

/** Asks an open run for its outcome, for as long as it takes; a closed one gives its result. */
export async function outcomeOf(handle: OnboardingHandle, updateId: string): Promise<Outcome> {
  for (;;) {
    try {
      return await handle.executeUpdate(untilSettled, { updateId });
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return closedOutcome(handle);
      if (!isTransient(error)) throw error;
      await delay(pollIntervalMs);
    }
  }
}

/** The outcome that a closed run left: as its result, or in the details of its failure. */
export async function closedOutcome(handle: OnboardingHandle): Promise<Outcome> {
  try {
    return await handle.result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (cause instanceof ApplicationFailure && cause.type === failureTypes.onboardingFailed) {
      return cause.details?.[0] as Outcome;
    }
    if (cause instanceof CancelledFailure) return cancelledOutcome(handle);
    throw new Exit(
      exitCodes.failed,
      `${handle.workflowId} ended without an outcome: ${rootCause(cause) ?? 'terminated'}`,
    );
  }
}

/** A cancelled run has no result: it is asked, which needs a worker. A question that is lost on the way is asked again. */
async function cancelledOutcome(handle: OnboardingHandle): Promise<Outcome> {
  for (const began = Date.now(); Date.now() - began < noAnswerTimeoutMs; await delay(pollIntervalMs)) {
    const outcome = await queryWithTimeout(handle, () => handle.query(status));
    if (outcome) return outcome;
  }
  const why = `${handle.workflowId} was cancelled, and no worker is there to say what the portal has`;
  throw new Exit(exitCodes.unreachable, why, 'Start one with `npm run worker`, and ask again.');
}

/**
 * What a server answers for itself where no worker saw the update, which happens when it has just come back, or where the run
 * closed under it; and what a run answers that goes on as a new one: ask again.
 */
const askAgain = new Set(['UnprocessedUpdate', 'AcceptedUpdateCompletedWorkflow', failureTypes.continued]);

/** Whether an error says only that a server or a worker was not there, or had no room, for a moment. */
export function isTransient(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    return askAgain.has(error.cause.type ?? '');
  }
  const grpc = grpcErrorIn(error);
  return grpc !== undefined && (passingCodes.has(grpc.code) || hasHadAllUpdates(grpc));
}

/** The last one also where ten commands wait for the same onboarding, the most that a server lets ask at once. */
const passingCodes: ReadonlySet<number> = new Set([
  grpcCodes.deadlineExceeded,
  grpcCodes.unavailable,
  grpcCodes.resourceExhausted,
]);

/** A run may be asked 2,000 times, and goes on as a new one shortly before. */
function hasHadAllUpdates({ code, details }: GrpcError): boolean {
  return code === grpcCodes.failedPrecondition && /limit on the total number of distinct updates/.test(details);
}

/** Refuses the outcome of a portal that is not the one this command is for. */
export function shown(session: Session, outcome: Outcome): ShownOutcome {
  const { portal, workflowId, runId } = outcome;
  if (portal !== session.portal && portal !== '') throw otherPortal(session, workflowId, portal);
  return { ...outcome, webUi: session.webUi(workflowId, runId) };
}

export function otherPortal(session: Session, workflowId: string, portal: string): Exit {
  return new Exit(
    exitCodes.guarded,
    `${workflowId} belongs to the portal ${portal}, and API_HOST is ${session.portal}`,
    'Use a namespace of its own for each portal (--namespace), or set API_HOST to that portal.',
  );
}

/** The exit where the server keeps no run of an onboarding. */
export function unknownOnboarding({ address }: Session, workflowId: string): Exit {
  return new Exit(exitCodes.failed, `no onboarding ${workflowId} is known at ${address}`);
}

/** A workflow cannot see its activities' retries; the server can. */
export function withRetries(outcome: ShownOutcome, { raw }: WorkflowExecutionDescription): ShownOutcome {
  const retrying: Record<StepName, StepStatus> = { ...outcome.steps };
  for (const { activityType, attempt, lastFailure, scheduledTime } of raw.pendingActivities ?? []) {
    const name = steps.find(({ activity }) => activity === activityType?.name)?.name;
    if (!name || !attempt || attempt < 2) continue;
    retrying[name] = {
      ...retrying[name],
      state: 'retrying',
      attempt,
      ...(lastFailure?.message && { lastFailure: lastFailure.message }),
      ...(scheduledTime && { nextAttemptAt: new Date(Number(scheduledTime.seconds) * 1_000).toISOString() }),
    };
  }
  return { ...outcome, steps: retrying };
}

/** The exit code of a look at something: to be at work is no failure. */
export function exitCodeSoFar(outcome: Pick<Outcome, 'state'>): 0 | 4 | 5 {
  return outcome.state === 'running' ? exitCodes.done : exitCodeOf(outcome);
}

/** The exit code that an outcome means. */
export function exitCodeOf({ state }: Pick<Outcome, 'state'>): 0 | 4 | 5 {
  if (state === 'onboarded') return exitCodes.done;
  return state === 'needs-attention' ? exitCodes.attention : exitCodes.failed;
}
