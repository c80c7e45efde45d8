import {
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { Exit, exitCodes } from '../program/exit.js';
import { searchAttributesFor, portalKey } from '../contract/search-attributes.js';
import { untilReadAgain, type OnboardingInput, type Outcome } from '../contract/onboarding.js';
import type { onboardUser } from '../workflows/onboarding/onboard-user.js';
import { deletedRun, ifFound } from './find-runs.js';
import { inputOf, type Run } from './run-history.js';
import { withSearchAttributes } from './with-search-attributes.js';
import { isTransient, onboardingHandle, outcomeOf, type OnboardingHandle } from './outcomes.js';
import { unclearWritesOf } from './unclear-writes.js';
import { pollIntervalMs } from './workers.js';
import type { Session } from './session.js';

type StartOptions = WorkflowStartOptions<typeof onboardUser> & typeof startPolicies;

/** Attaches to an open run. If the run has closed, a new one reads the portal again, so no stale result is reported. */
export const startPolicies = {
  workflowIdConflictPolicy: 'USE_EXISTING',
  workflowIdReusePolicy: 'ALLOW_DUPLICATE',
} as const;

/** How long a start is repeated while the server is unavailable. */
const startTimeoutMs = 30_000;

/**
 * Starts an onboarding, or attaches to the open one, and waits until it has settled.
 *
 * @param earlierRunId the closed run that existed before
 */
export async function startAndSettle(
  session: Session,
  input: OnboardingInput,
  earlierRunId?: string,
): Promise<Outcome> {
  const giveUpAt = Date.now() + startTimeoutMs;
  let hasStarted = false;
  for (;;) {
    try {
      return await withStartOptions(session, input, (options) => {
        const startWorkflowOperation = new WithStartWorkflowOperation<typeof onboardUser>('onboardUser', options);
        startWorkflowOperation.workflowHandle().then(
          () => (hasStarted = true),
          () => undefined,
        );
        return session.client.workflow.executeUpdateWithStart(untilReadAgain, {
          args: [{ readAgain: true }],
          startWorkflowOperation,
        });
      });
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError) && !isTransient(error)) throw error;
      // Without a worker the update times out, but the run is started.
      const started = await startedRun(session, input.email, earlierRunId, hasStarted);
      if (started) return outcomeOf(started);
      if (Date.now() > giveUpAt) throw error;
      await delay(pollIntervalMs);
    }
  }
}

/** Starts an onboarding, or attaches to the open one, and does not wait. */
export function startDetached(session: Session, input: OnboardingInput): Promise<OnboardingHandle> {
  return withStartOptions(session, input, (options) =>
    session.client.workflow.start<typeof onboardUser>('onboardUser', options),
  );
}

/** @throws {Exit} if a run that has started is gone */
async function startedRun(
  session: Session,
  email: string,
  earlierRunId: string | undefined,
  hasStarted: boolean,
): Promise<OnboardingHandle | undefined> {
  const handle = onboardingHandle(session, email);
  try {
    const { runId } = await handle.describe();
    return runId === earlierRunId ? undefined : await followRun(session, handle.workflowId, runId);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError && hasStarted) throw deletedRun(handle);
    if (error instanceof WorkflowNotFoundError || isTransient(error)) return undefined;
    throw error;
  }
}

/**
 * A handle to a run and to the runs that continue it as new. Once a command has seen its run, it follows no other: it
 * neither revives a terminated run nor reports a run that somebody starts later.
 */
export async function followRun({ client }: Session, workflowId: string, runId?: string): Promise<OnboardingHandle> {
  const { raw, runId: seenRunId } = await client.workflow.getHandle(workflowId, runId).describe();
  const firstExecutionRunId = raw.workflowExecutionInfo?.firstRunId || seenRunId;
  return client.workflow.getHandle<typeof onboardUser>(workflowId, undefined, { firstExecutionRunId });
}

/** Whether the server has an onboarding of this person, apart from imports. */
export async function hasOnboarding(session: Session, email: string): Promise<boolean> {
  return (await ifFound(onboardingHandle(session, email).describe())) !== undefined;
}

/**
 * After this time, a create that an earlier run sent has been committed, or never will be. Minutes would be enough, but
 * the clock of this machine may differ from the server's.
 */
export const lateCommitWindowMs = 86_400_000;

/** Statuses of ended runs that may not know what the portal answered. */
const unfinishedStatuses: ReadonlySet<string> = new Set(['CANCELLED', 'TERMINATED', 'TIMED_OUT', 'FAILED']);

interface LatestRun {
  isOpen: boolean;
  /** Its id, if it has closed. */
  runId?: string;
  /** The run was stopped recently, and its create may still be in progress. */
  lookUpBeforeCreate: boolean;
}

/**
 * Finds the latest run of a person.
 *
 * @throws {Exit} if it is open and belongs to another portal
 */
export async function findLatestRun(session: Session, email: string): Promise<LatestRun> {
  const latest = await ifFound(onboardingHandle(session, email).describe());
  if (!latest) return { isOpen: false, lookUpBeforeCreate: false };
  if (isRunning(latest)) {
    await refuseOtherPortal(session, email, latest);
    return { isOpen: true, lookUpBeforeCreate: false };
  }
  const { status, closeTime, workflowId, runId } = latest;
  const isRecent = closeTime !== undefined && Date.now() - closeTime.getTime() < lateCommitWindowMs;
  const wasStopped = isRecent && unfinishedStatuses.has(status.name);
  const lookUpBeforeCreate = wasStopped && (await unclearWritesOf(session, { workflowId, runId })).size > 0;
  return { isOpen: false, runId, lookUpBeforeCreate };
}

/** @throws {Exit} if the person has an open onboarding at another portal */
export async function assertSamePortal(session: Session, email: string): Promise<void> {
  const latest = await ifFound(onboardingHandle(session, email).describe());
  if (latest && isRunning(latest)) await refuseOtherPortal(session, email, latest);
}

const isRunning = ({ status }: WorkflowExecutionDescription): boolean => status.name === 'RUNNING';

async function refuseOtherPortal(session: Session, email: string, run: WorkflowExecutionDescription): Promise<void> {
  const portal = run.typedSearchAttributes.get(portalKey) ?? (await portalOfInput(session, run));
  if (portal === undefined || portal === session.portal) return;
  throw new Exit(
    exitCodes.guarded,
    `this Temporal server has an open onboarding of ${email} at another portal, ${portal}`,
    'Use one namespace for each portal (--namespace).',
  );
}

/** The portal of a run without search attributes. A run that was started by hand may spell it in its own way. */
async function portalOfInput(session: Session, run: Run): Promise<string | undefined> {
  const input = (await inputOf(session, run)) as Partial<OnboardingInput> | null | undefined;
  return input?.portal !== undefined && URL.canParse(input.portal) ? new URL(input.portal).origin : undefined;
}

/** Starts a run with the options that every onboarding has. */
export function withStartOptions<Result>(
  session: Session,
  input: OnboardingInput,
  start: (options: StartOptions) => Promise<Result>,
): Promise<Result> {
  const { portal, taskQueue } = session;
  return withSearchAttributes(session, searchAttributesFor({ portal }), (typedSearchAttributes) =>
    start({
      workflowId: session.workflowIds.workflowIdFor(input.email),
      ...session.workflowIds.memoFor(input.email),
      taskQueue,
      ...startPolicies,
      // How long the server waits for a worker that was killed during a workflow task; the default is ten seconds. A
      // task takes about ten milliseconds. Of 300 that began at once, two took longer than two seconds.
      workflowTaskTimeout: '3s',
      args: [input],
      staticSummary: input.roleOnly ? `role change of ${input.email}` : `onboarding of ${input.email}`,
      staticDetails: `Portal: ${portal}`,
      typedSearchAttributes,
    }),
  );
}
