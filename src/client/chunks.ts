import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { untilHandedOver, handOver, type BatchPerson, type ChunkInput } from '../contract/batch.js';
import { batchKey, peopleKey, portalKey } from '../contract/search-attributes.js';
import type { onboardChunk } from '../workflows/batch/onboard-chunk.js';
import { findRuns } from './find-runs.js';
import { isTransient } from './outcomes.js';
import type { Session } from './session.js';
import { lateCommitWindowMs } from './start-onboarding.js';
import { noAnswerTimeoutMs } from './workers.js';

/** Finds the chunks that work, or worked, on a person: each carries a short hash for each of its people. */

/** 200 hashes of 7 digits fit into the 2 KB of a search attribute. People may share one, so a chunk's list decides. */
const hashLength = 7;

export function personHash({ workflowIds }: Pick<Session, 'workflowIds'>, email: string): string {
  return workflowIds.hashOf([email]).slice(0, hashLength);
}

export interface ListedChunk {
  workflowId: string;
  runId: string;
  batch: string;
  closedAt: Date | undefined;
  hashes: ReadonlySet<string>;
}

/** The chunks at the session's portal that a visibility query finds. */
export async function listChunks(session: Session, narrowed: string): Promise<ListedChunk[]> {
  const query = `WorkflowType = 'onboardChunk' AND ${portalKey.name} = '${session.portal}' AND ${narrowed}`;
  const chunks: ListedChunk[] = [];
  for await (const { workflowId, runId, closeTime, typedSearchAttributes } of findRuns(session, query)) {
    const batch = typedSearchAttributes.get(batchKey) ?? '';
    const hashes = new Set(typedSearchAttributes.get(peopleKey));
    chunks.push({ workflowId, runId, batch, closedAt: closeTime, hashes });
  }
  return chunks;
}

export const isRunning = `ExecutionStatus = 'Running'`;

/** Finds runs that ended recently without reporting what they had sent. A failed run knows what the portal answered. */
export function wasStoppedRecently(): string {
  const since = new Date(Date.now() - lateCommitWindowMs).toISOString();
  return `ExecutionStatus IN ('Terminated', 'TimedOut', 'Canceled') AND CloseTime > '${since}'`;
}

export const holdsPerson = (session: Session, email: string): string =>
  `${peopleKey.name} = '${personHash(session, email)}'`;

/** The people in a chunk's input. This needs no worker. */
export async function peopleOfChunk(
  { client, namespace }: Session,
  { workflowId, runId }: Pick<ListedChunk, 'workflowId' | 'runId'>,
): Promise<BatchPerson[]> {
  const execution = { workflowId, runId };
  const page = await client.workflowService.getWorkflowExecutionHistory({ namespace, execution, maximumPageSize: 1 });
  const started = page.history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  const [input] = await decodeArrayFromPayloads(client.options.loadedDataConverter, started?.input?.payloads);
  return (input as ChunkInput).people;
}

export function chunkHandle(
  { client }: Session,
  { workflowId, runId }: Pick<ListedChunk, 'workflowId'> & { runId?: string },
): WorkflowHandle<typeof onboardChunk> {
  return client.workflow.getHandle<typeof onboardChunk>(workflowId, runId);
}

/**
 * Takes a person out of the chunks that still work on them, because each person has one writer.
 *
 * @returns whether a recently terminated chunk may have sent a create for this person
 */
export async function takeFromChunks(session: Session, email: string): Promise<boolean> {
  const open = await listChunks(session, `${isRunning} AND ${holdsPerson(session, email)}`);
  for (const chunk of open) await takePeople(session, chunk, [email]);
  return (await listChunks(session, `${wasStoppedRecently()} AND ${holdsPerson(session, email)}`)).length > 0;
}

/** Resolves once the chunk will not write to these people again, or no worker works on it. */
export async function takePeople(session: Session, chunk: ListedChunk, emails: string[]): Promise<void> {
  const handle = chunkHandle(session, chunk);
  try {
    await handle.signal(handOver, emails);
    const deadline = Date.now() + noAnswerTimeoutMs;
    await session.client.connection.withDeadline(deadline, () =>
      handle.executeUpdate(untilHandedOver, { args: [emails] }),
    );
  } catch (error) {
    // The chunk has closed, or no worker is there. A later worker sees the signal before anything else.
    if (!(error instanceof WorkflowNotFoundError) && !isTransient(error)) throw error;
  }
}
