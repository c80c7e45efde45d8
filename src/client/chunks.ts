import { WorkflowFailedError, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { untilHandedOver, handOver, type BatchPerson, type ChunkInput } from '../contract/batch.js';
import { batchKey, onboardingStateKey, peopleKey, portalKey } from '../contract/search-attributes.js';
import type { onboardChunk } from '../workflows/batch/onboard-chunk.js';
import { findRuns, ifFound } from './find-runs.js';
import { isTransient } from './outcomes.js';
import { inputOf, type Run } from './run-history.js';
import type { Session } from './session.js';
import { lateCommitWindowMs } from './start-onboarding.js';
import { unclearPeople } from './unclear-writes.js';
import { noAnswerTimeoutMs } from './workers.js';

/** Finds the chunks that work, or worked, on a person. Each chunk lists a short hash of each of its people. */

/** 200 hashes of 7 digits fit into the 2 KB of a search attribute. Two people may share one, so a chunk's input decides. */
const hashLength = 7;

export function personHash({ workflowIds }: Pick<Session, 'workflowIds'>, email: string): string {
  return workflowIds.hashOf([email]).slice(0, hashLength);
}

export interface ListedChunk extends Run {
  batch: string;
  startedAt: Date;
  closedAt: Date | undefined;
  hashes: ReadonlySet<string>;
}

/** The chunks at the session's portal that meet a condition. */
export async function listChunks(session: Session, condition: string): Promise<ListedChunk[]> {
  const query = `WorkflowType = 'onboardChunk' AND ${portalKey.name} = '${session.portal}' AND ${condition}`;
  const chunks: ListedChunk[] = [];
  for await (const { workflowId, runId, startTime, closeTime, typedSearchAttributes } of findRuns(session, query)) {
    const batch = typedSearchAttributes.get(batchKey) ?? '';
    const hashes = new Set(typedSearchAttributes.get(peopleKey));
    chunks.push({ workflowId, runId, batch, startedAt: startTime, closedAt: closeTime, hashes });
  }
  return chunks;
}

export const runningCondition = `ExecutionStatus = 'Running'`;

/**
 * Finds runs that were stopped recently: a write that they sent may still take effect. A cancelled chunk has the status
 * Completed. A run also fails if an operator fails its step.
 */
export function stoppedRecentlyCondition(): string {
  const since = new Date(Date.now() - lateCommitWindowMs).toISOString();
  const statuses = `ExecutionStatus IN ('Terminated', 'TimedOut', 'Canceled', 'Failed')`;
  return `(${statuses} OR ${onboardingStateKey.name} = 'cancelled') AND CloseTime > '${since}'`;
}

export const holdsPersonCondition = (session: Session, email: string): string =>
  `${peopleKey.name} = '${personHash(session, email)}'`;

/** The people in a chunk's input. This needs no worker. */
export async function peopleOfChunk(session: Session, chunk: Run): Promise<BatchPerson[]> {
  return ((await inputOf(session, chunk)) as ChunkInput | undefined)?.people ?? [];
}

export type ChunkHandle = WorkflowHandle<typeof onboardChunk>;

export function chunkHandle(
  { client }: Session,
  { workflowId, runId }: Pick<ListedChunk, 'workflowId'> & { runId?: string },
): ChunkHandle {
  return client.workflow.getHandle<typeof onboardChunk>(workflowId, runId);
}

/**
 * Takes a person out of the chunks that still work on them, because each person has one writer.
 *
 * @returns whether a write of a chunk that was stopped recently may still take effect for this person
 */
export async function takeFromChunks(session: Session, email: string): Promise<boolean> {
  for (const chunk of await openChunksOf(session, email)) await takePeople(session, chunk, [email]);
  const condition = `${stoppedRecentlyCondition()} AND ${holdsPersonCondition(session, email)}`;
  const stopped = await listChunks(session, condition);
  return (await unclearPeople(session, stopped)).has(email);
}

/** Cancels a person in the chunks that still work on them, unless they have been handed over. @returns these chunks */
export async function cancelInChunks(session: Session, email: string): Promise<ListedChunk[]> {
  const chunks = await openChunksOf(session, email);
  for (const chunk of chunks) await takePeople(session, chunk, [email], true);
  return chunks;
}

const openChunksOf = (session: Session, email: string): Promise<ListedChunk[]> =>
  listChunks(session, `${runningCondition} AND ${holdsPersonCondition(session, email)}`);

/** Resolves once the chunk will not write to these people again, or no worker works on it. */
export async function takePeople(
  session: Session,
  chunk: ListedChunk,
  emails: string[],
  isCancelling = false,
): Promise<void> {
  const handle = chunkHandle(session, chunk);
  try {
    await handle.signal(handOver, emails, isCancelling);
    const deadline = Date.now() + noAnswerTimeoutMs;
    await session.client.connection.withDeadline(deadline, () =>
      handle.executeUpdate(untilHandedOver, { args: [emails, isCancelling] }),
    );
  } catch (error) {
    // The chunk has closed, or no worker is there. A later worker sees the signal before anything else.
    if (!(error instanceof WorkflowNotFoundError) && !isTransient(error)) throw error;
  }
}

/** How long a starter may take from its first chunk to the batch. */
const startTimeMs = 60_000;

/** Whether the batch of an open chunk has ended without it: somebody terminated the batch, or killed its starter. */
export async function isAbandoned({ client }: Session, { batch, startedAt }: ListedChunk): Promise<boolean> {
  const run = await ifFound(client.workflow.getHandle(batch).describe());
  if (!run) return Date.now() - startedAt.getTime() > startTimeMs;
  return run.status.name !== 'RUNNING' && run.closeTime !== undefined && startedAt < run.closeTime;
}

/** Cancels a chunk. Resolves once it has closed, or no worker works on it. */
export async function endChunk(session: Session, chunk: ListedChunk): Promise<void> {
  const handle = chunkHandle(session, chunk);
  try {
    await handle.cancel();
    await session.client.connection.withDeadline(Date.now() + noAnswerTimeoutMs, () => handle.result());
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError || error instanceof WorkflowFailedError) && !isTransient(error))
      throw error;
  }
}
