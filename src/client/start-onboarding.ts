import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createWorkflowIds } from '../codec/naming.js';
import { Exit, exitCodes } from '../program/exit.js';
import { searchAttributesFor, portalKey } from '../contract/search-attributes.js';
import {
  changeRole,
  untilSettled,
  type OnboardingInput,
  type Outcome,
  type RoleChange,
} from '../contract/onboarding.js';
import type { onboardUser } from '../workflows/onboarding/onboard-user.js';
import { withSearchAttributes } from './with-search-attributes.js';
import { closedOutcome, isTransient, outcomeOf, type OnboardingHandle } from './outcomes.js';
import type { Session } from './session.js';

type StartOptions = WorkflowStartOptions<typeof onboardUser>;

/** Milliseconds after which a server that answers, and starts nothing, is not asked any more. */
const patience = 30_000;

/** Starts an onboarding, or attaches to the one that is there, and waits until it is settled. */
export async function startAndSettle(session: Session, input: OnboardingInput): Promise<Outcome> {
  const handle = onboardingHandle(session, input.email);
  const updateId = randomUUID();
  const asked = Date.now();
  for (;;) {
    try {
      return await starting(session, input, (options) =>
        session.client.workflow.executeUpdateWithStart(untilSettled, {
          updateId,
          startWorkflowOperation: new WithStartWorkflowOperation<typeof onboardUser>('onboardUser', {
            ...options,
            workflowIdConflictPolicy: 'USE_EXISTING',
            workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
          }),
        }),
      );
    } catch (error) {
      // It was onboarded before, and its run has closed: what that run found is the outcome.
      if (error instanceof WorkflowExecutionAlreadyStartedError) return closedOutcome(handle);
      if (error instanceof WorkflowNotFoundError) return closedOutcome(handle);
      if (!isTransient(error)) throw error;
      // Without a worker the call times out, and the run is started all the same.
      if (await isStarted(handle)) return outcomeOf(handle, updateId);
      if (Date.now() - asked > patience) throw error;
      await delay(200);
    }
  }
}

/** Starts an onboarding, or attaches to the one that is there, and does not wait. */
export async function startDetached(session: Session, input: OnboardingInput): Promise<OnboardingHandle> {
  try {
    return await starting(session, input, (options) =>
      session.client.workflow.start<typeof onboardUser>('onboardUser', {
        ...options,
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      }),
    );
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return onboardingHandle(session, input.email);
    throw error;
  }
}

/**
 * Signals a role change to the open onboarding, or starts a run that only applies it: a change is never lost, and needs
 * no open workflow.
 */
export function signalRole(session: Session, email: string, role: string): Promise<OnboardingHandle> {
  const input: OnboardingInput = { email, portal: session.portal, roleOnly: true };
  return starting(session, input, (options) =>
    session.client.workflow.signalWithStart<typeof onboardUser, [RoleChange]>('onboardUser', {
      ...options,
      signal: changeRole,
      signalArgs: [role],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    }),
  );
}

export function onboardingHandle({ client }: Session, email: string): OnboardingHandle {
  return client.workflow.getHandle<typeof onboardUser>(createWorkflowIds().idOf(email));
}

/** Milliseconds after which a create that an earlier run sent has certainly been committed, or never will be. */
const memory = 600_000;

/** Ends of a run that say nothing of what it had sent; one that failed knows what the portal answered. */
export const unfinishedStatuses: ReadonlySet<string> = new Set(['CANCELLED', 'TERMINATED', 'TIMED_OUT']);

/** Whether a run closed so lately that a create of its may still be on its way. */
export function closedRecently(closeTime: Date | undefined): boolean {
  return closeTime !== undefined && Date.now() - closeTime.getTime() < memory;
}

/**
 * Refuses to touch an open run of another portal.
 *
 * @returns whether a run was broken off a moment ago, so that a create of its may still be on its way
 */
export async function assertSamePortal(session: Session, email: string): Promise<{ lookUpBeforeCreate: boolean }> {
  try {
    const { typedSearchAttributes, status, closeTime } = await onboardingHandle(session, email).describe();
    const portal = typedSearchAttributes.get(portalKey);
    if (status.name !== 'RUNNING') {
      return { lookUpBeforeCreate: closedRecently(closeTime) && unfinishedStatuses.has(status.name) };
    }
    if (portal === undefined || portal === session.portal) return { lookUpBeforeCreate: false };
    throw new Exit(
      exitCodes.guarded,
      `an onboarding of ${email} at another portal, ${portal}, is open at this Temporal server`,
      'Use a namespace of its own for each portal (--namespace).',
    );
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return { lookUpBeforeCreate: false };
  }
}

/** How an onboarding is started, or attached to, whatever it is started with. */
function starting<Result>(
  session: Session,
  input: OnboardingInput,
  start: (options: StartOptions) => Promise<Result>,
): Promise<Result> {
  const { portal, taskQueue } = session;
  return withSearchAttributes(session, searchAttributesFor({ portal }), (typedSearchAttributes) =>
    start({
      workflowId: createWorkflowIds().idOf(input.email),
      ...createWorkflowIds().memoOf(input.email),
      taskQueue,
      // How long the server waits for a worker that was killed while it decided; the default is ten seconds. A decision
      // takes some ten milliseconds, and of 300 begun at once two took longer than two seconds.
      workflowTaskTimeout: '3s',
      args: [input],
      staticSummary: input.roleOnly ? `role change of ${input.email}` : `onboarding of ${input.email}`,
      staticDetails: `Portal: ${portal}`,
      typedSearchAttributes,
    }),
  );
}

async function isStarted(handle: OnboardingHandle): Promise<boolean> {
  try {
    return (await handle.describe()).status.name === 'RUNNING';
  } catch {
    return false;
  }
}
