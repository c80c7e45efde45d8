import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, rootCause, TerminatedFailure } from '@temporalio/common';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Exit, exitCodes } from '../program/exit.js';
import { failureTypes, status, untilSettled, type Outcome } from '../contract/onboarding.js';
import { forEachBasicStep, steps, type StepStatus } from '../contract/steps.js';
import type { onboardUser } from '../workflows/onboarding/onboard-user.js';
import { grpcCodes, grpcErrorIn, type GrpcError } from '../temporal/grpc-errors.js';
import { deletedRun, ifFound, resetRunOf } from './find-runs.js';
import { queryWithTimeout, noAnswerTimeoutMs, pollIntervalMs, waitWithProgress } from './workers.js';
import type { Session } from './session.js';

/** An outcome with what only the starter knows: the link to the Web UI, and the retries of a step. */
export type ShownOutcome = Outcome & { webUi: string | null };

export type OnboardingHandle = WorkflowHandle<typeof onboardUser>;

/** A handle to the latest run. */
export function onboardingHandle(session: Session, email: string): OnboardingHandle {
  return handleOfId(session, session.workflowIds.workflowIdFor(email));
}

/** A run that was started by hand may have any workflow id. */
export function handleOfId({ client }: Session, workflowId: string): OnboardingHandle {
  return client.workflow.getHandle<typeof onboardUser>(workflowId);
}

/** Waits until an onboarding has settled, shows its progress, and returns its outcome. */
export async function follow(
  session: Session,
  handle: OnboardingHandle,
  settling: Promise<Outcome>,
  show: (outcome: ShownOutcome) => void,
): Promise<ShownOutcome> {
  const { workflowId } = handle;
  const query = (): Promise<ShownOutcome | undefined> => queryOutcome(session, handle);
  return toShown(session, await waitWithProgress(session, settling, { workflowId, query, show }));
}

/** The current outcome of a run; `undefined` if no worker answers in time. */
export function queryOutcome(session: Session, handle: OnboardingHandle): Promise<ShownOutcome | undefined> {
  return queryWithTimeout(session, async () => {
    const [outcome, description] = await Promise.all([handle.query(status), handle.describe()]);
    return withRetries(session, toShown(session, outcome), description);
  });
}

/** Waits without a time limit until a run has settled. A closed run returns its result. */
export async function outcomeOf(handle: OnboardingHandle): Promise<Outcome> {
  for (let updateId = randomUUID(); ;) {
    try {
      return await handle.executeUpdate(untilSettled, { updateId });
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return closedOutcome(handle);
      if (!isTransient(error)) throw error;
      // The server repeats its answer to an update id, even after the run has closed.
      if (error instanceof WorkflowUpdateFailedError) updateId = randomUUID();
      await delay(pollIntervalMs);
    }
  }
}

/** The outcome of a run that has closed or is about to: its result, or the details of its failure. */
export async function closedOutcome(handle: OnboardingHandle): Promise<Outcome> {
  try {
    return await handle.result();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      const latest = await resetRunOf(handle); // retention may have deleted the first run of a chain
      if (latest) return closedOutcome(latest);
      throw deletedRun(handle);
    }
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (cause instanceof ApplicationFailure && cause.type === failureTypes.onboardingFailed) {
      return cause.details?.[0] as Outcome;
    }
    if (cause instanceof CancelledFailure) return cancelledOutcome(handle);
    if (cause instanceof TerminatedFailure) {
      const reset = await resetRunOf(handle);
      if (reset) return outcomeOf(reset);
      throw await terminated(handle);
    }
    throw new Exit(exitCodes.failed, `${handle.workflowId} ended without an outcome: ${rootCause(cause) ?? 'unknown'}`);
  }
}

/** Somebody terminated the run to stop it, so no command starts it again by itself. */
async function terminated(handle: OnboardingHandle): Promise<Exit> {
  const history = await ifFound(handle.fetchHistory());
  if (!history) return deletedRun(handle);
  const last = history.events?.at(-1)?.workflowExecutionTerminatedEventAttributes;
  const by = last?.identity || 'somebody in the Web UI';
  const why = last?.reason ? ` (${last.reason})` : '';
  return new Exit(
    exitCodes.failed,
    `${handle.workflowId} was terminated by ${by}${why}`,
    'Nothing more will be written. The portal keeps what it already has. To start again, run `onboard`.',
  );
}

/** A cancelled run has no result, so a worker has to answer for it. */
async function cancelledOutcome(handle: OnboardingHandle): Promise<Outcome> {
  for (const startedAt = Date.now(); Date.now() - startedAt < noAnswerTimeoutMs; await delay(pollIntervalMs)) {
    const outcome = await queryWithTimeout(handle, () => handle.query(status));
    if (outcome) return outcome;
  }
  const what = `${handle.workflowId} was cancelled, and no worker runs that could read what the portal has`;
  throw new Exit(exitCodes.unreachable, what, 'Start one with `npm run worker`, then run `status`.');
}

/**
 * Failures after which the update is sent again: no worker saw it because the server had just restarted, the run closed
 * while the update waited, or the run continues as new.
 */
const retryableUpdateFailures = new Set([
  'UnprocessedUpdate',
  'AcceptedUpdateCompletedWorkflow',
  failureTypes.continued,
]);

/** Whether a server or a worker was only unavailable or busy for a moment. */
export function isTransient(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    return retryableUpdateFailures.has(error.cause.type ?? '');
  }
  const grpc = grpcErrorIn(error);
  return grpc !== undefined && (transientCodes.has(grpc.code) || isUpdateLimitReached(grpc));
}

/** The last code also means that ten commands wait for the same onboarding; the server allows no more at once. */
const transientCodes: ReadonlySet<number> = new Set([
  grpcCodes.deadlineExceeded,
  grpcCodes.unavailable,
  grpcCodes.resourceExhausted,
]);

/** A run accepts 2,000 updates, and continues as new shortly before that. */
function isUpdateLimitReached({ code, details }: GrpcError): boolean {
  return code === grpcCodes.failedPrecondition && /limit on the total number of distinct updates/.test(details);
}

/**
 * Adds the link to an outcome, and the steps that an older run does not know.
 *
 * @throws {Exit} if the outcome belongs to another portal
 */
export function toShown(session: Session, outcome: Outcome): ShownOutcome {
  const { portal, workflowId, runId } = outcome;
  if (portal !== session.portal && portal !== '') throw otherPortal(session, workflowId, portal);
  const allSteps = { ...forEachBasicStep((): StepStatus => ({ state: 'skipped' })), ...outcome.steps };
  return { ...outcome, steps: allSteps, webUi: session.webUi(workflowId, runId) };
}

export function otherPortal(session: Session, workflowId: string, portal: string): Exit {
  return new Exit(
    exitCodes.guarded,
    `${workflowId} belongs to the portal ${portal}, and API_HOST is ${session.portal}`,
    'Use one namespace for each portal (--namespace), or set API_HOST to that portal.',
  );
}

/** @throws {Exit} if the server has no run of the onboarding */
export async function describeOnboarding(
  { address }: Session,
  handle: OnboardingHandle,
): Promise<WorkflowExecutionDescription> {
  const description = await ifFound(handle.describe());
  if (description) return description;
  throw new Exit(
    exitCodes.failed,
    `no onboarding ${handle.workflowId} is known at ${address}`,
    'Check the e-mail. `npm run starter -- status` lists all open onboardings.',
  );
}

const pausedStep =
  'an operator paused this step; to continue, unpause it in the Web UI or with `temporal activity unpause`';

/** Adds the retries and pauses of activities. The server knows them; a workflow cannot see them. */
export async function withRetries(
  { client }: Session,
  outcome: ShownOutcome,
  { raw }: WorkflowExecutionDescription,
): Promise<ShownOutcome> {
  const withAttempts = { ...outcome.steps };
  for (const { activityType, attempt, lastFailure, scheduledTime, paused } of raw.pendingActivities ?? []) {
    const name = steps.find(({ activity }) => activity === activityType?.name)?.name;
    if (!name || !attempt || (attempt < 2 && !paused)) continue;
    const retrying = { ...withAttempts[name], state: 'retrying', attempt } as const;
    if (paused) {
      withAttempts[name] = { ...retrying, lastFailure: pausedStep };
      continue;
    }
    const failure = await decodeOptionalFailureToOptionalError(client.options.loadedDataConverter, lastFailure);
    withAttempts[name] = {
      ...retrying,
      ...(failure && { lastFailure: failure.message }),
      ...(scheduledTime && { nextAttemptAt: new Date(Number(scheduledTime.seconds) * 1_000).toISOString() }),
    };
  }
  return { ...outcome, steps: withAttempts };
}
