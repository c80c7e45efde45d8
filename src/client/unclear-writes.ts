import pMap from 'p-map';
import type { ChunkInput } from '../contract/batch.js';
import { failureTypes, type OnboardingInput } from '../contract/onboarding.js';
import type { UpdateUserRolesRequest, StepRequest, StepResult } from '../contract/steps.js';
import { ifFound } from './find-runs.js';
import { onboardingHandle } from './outcomes.js';
import { decodeFirst, eventsOf, type HistoryEvent, type Run } from './run-history.js';
import type { Session } from './session.js';

const writes: ReadonlySet<string> = new Set(['createUser', 'updateUserRole', 'updateUserRoles']);

const maxConcurrentReads = 16;

export interface StoppedRun extends Run {
  closedAt: Date | undefined;
}

/**
 * The e-mails of people for whom a stopped run may have sent a write that still takes effect. An onboarding that began
 * later and completed has waited for it.
 */
export async function unclearPeople(session: Session, runs: readonly StoppedRun[]): Promise<ReadonlySet<string>> {
  const unclear = new Set<string>();
  const read = async (run: StoppedRun): Promise<void> => {
    for (const email of await unclearWritesOf(session, run)) {
      const latest = await ifFound(onboardingHandle(session, email).describe());
      const isResolved = latest?.status.name === 'COMPLETED' && latest.startTime > (run.closedAt ?? new Date());
      if (!isResolved) unclear.add(email);
    }
  };
  await pMap(runs, read, { concurrency: maxConcurrentReads });
  return unclear;
}

/**
 * The e-mails of people for whom a stopped onboarding or chunk may have sent a write that still takes effect. Only its
 * history knows: it has each write that began, and the result of each that ended.
 */
export async function unclearWritesOf(session: Session, run: Run): Promise<ReadonlySet<string>> {
  const unclear = new Set<string>();
  const begun = new Map<string, string[]>();
  for await (const event of eventsOf(session, run)) {
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) {
      const input = await decodeFirst(session, started.input);
      const isReset = started.originalExecutionRunId !== run.runId;
      if (isInput(input)) for (const email of unclearAtStart(input, isReset)) unclear.add(email);
    }
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled && writes.has(scheduled.activityType?.name ?? '')) {
      const request = (await decodeFirst(session, scheduled.input)) as StepRequest | UpdateUserRolesRequest;
      const emails = 'users' in request ? request.users.map(({ email }) => email) : [request.email];
      begun.set(String(event.eventId), emails);
      for (const email of emails) unclear.add(email);
    }
    for (const email of await confirmedBy(session, event, begun)) unclear.delete(email);
  }
  return unclear;
}

/** Somebody may have started a run by hand with any input. It then failed before it wrote anything. */
function isInput(input: unknown): input is OnboardingInput | ChunkInput {
  return typeof input === 'object' && input !== null;
}

/**
 * A reset run may have sent anything after the event that it was reset to. The input of a chunk also names people whom
 * earlier runs left unclear. It does not count: those runs are read, too, and a run that resolved their writes may have
 * begun before this chunk was stopped.
 */
function unclearAtStart(input: OnboardingInput | ChunkInput, isReset: boolean): string[] {
  if ('people' in input) return isReset ? input.people.map(({ email }) => email) : [];
  const { email, continued, roleOnly, lookUpBeforeCreate } = input;
  const isUnclear = continued
    ? [continued.notes?.create, continued.lastUnclearWriteAt, continued.needsRoleReset].some(
        (fact) => fact !== undefined,
      )
    : roleOnly !== true && lookUpBeforeCreate !== false;
  return isUnclear || isReset ? [email] : [];
}

/** The people of a write that ended with an answer. An operator who completes or fails its activity knows no answer. */
async function confirmedBy(
  session: Session,
  { activityTaskCompletedEventAttributes: completed, activityTaskFailedEventAttributes: failed }: HistoryEvent,
  begun: ReadonlyMap<string, string[]>,
): Promise<string[]> {
  if (failed?.failure?.applicationFailureInfo?.type === failureTypes.permanent) {
    return begun.get(String(failed.scheduledEventId)) ?? [];
  }
  const emails = begun.get(String(completed?.scheduledEventId));
  if (!completed || !emails) return [];
  const result = await decodeFirst(session, completed.result);
  return isWriteResult(result) && result.lastUnclearWriteAt === undefined ? emails : [];
}

const isWriteResult = (result: unknown): result is StepResult =>
  typeof result === 'object' && result !== null && ('role' in result || 'roles' in result);
