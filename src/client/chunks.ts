import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { untilHandedOver, handOver, type BatchPerson, type ChunkInput } from '../contract/batch.js';
import { batchKey, peopleKey, portalKey } from '../contract/search-attributes.js';
import { lacksAttributes } from '../temporal/grpc-errors.js';
import type { onboardChunk } from '../workflows/batch/onboard-chunk.js';
import { isTransient } from './outcomes.js';
import type { Session } from './session.js';
import { noAnswerTimeoutMs } from './workers.js';

/** The chunks that work, or worked, on a person: each carries a short hash for each of its people. */

/** Hexadecimal digits: 200 hashes of 7 stay below the 2 KB of a search attribute. A chunk is asked before it is believed. */
const hashLength = 7;

export function personHash({ workflowIds }: Pick<Session, 'workflowIds'>, email: string): string {
  return workflowIds.hashOf([email]).slice(0, hashLength);
}

export interface ListedChunk {
  workflowId: string;
  runId: string;
  batch: string;
  hashes: ReadonlySet<string>;
}

/** The chunks at the session's portal that a visibility query finds. */
export async function listChunks({ client, portal }: Session, narrowed: string): Promise<ListedChunk[]> {
  const query = `WorkflowType = 'onboardChunk' AND ${portalKey.name} = '${portal}' AND ${narrowed}`;
  const chunks: ListedChunk[] = [];
  try {
    for await (const { workflowId, runId, typedSearchAttributes } of client.workflow.list({ query })) {
      const batch = typedSearchAttributes.get(batchKey) ?? '';
      chunks.push({ workflowId, runId, batch, hashes: new Set(typedSearchAttributes.get(peopleKey)) });
    }
  } catch (error) {
    if (!lacksAttributes(error)) throw error;
  }
  return chunks;
}

export const isRunning = `ExecutionStatus = 'Running'`;

export const holdsPerson = (session: Session, email: string): string =>
  `${peopleKey.name} = '${personHash(session, email)}'`;

/** The people of a chunk, as it was started: no worker is needed. */
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
  { workflowId }: Pick<ListedChunk, 'workflowId'>,
): WorkflowHandle<typeof onboardChunk> {
  return client.workflow.getHandle<typeof onboardChunk>(workflowId);
}

/** Takes a person out of the chunks that still work on them, so that this command is the only one that changes them. */
export async function takeFromChunks(session: Session, email: string): Promise<void> {
  for (const chunk of await listChunks(session, `${isRunning} AND ${holdsPerson(session, email)}`)) {
    await takePeople(session, chunk, [email]);
  }
}

/** Resolves once the chunk will not write to these people again, or nobody works on the chunk. */
export async function takePeople(session: Session, chunk: ListedChunk, emails: string[]): Promise<void> {
  const handle = chunkHandle(session, chunk);
  try {
    await handle.signal(handOver, emails);
    const deadline = Date.now() + noAnswerTimeoutMs;
    await session.client.connection.withDeadline(deadline, () =>
      handle.executeUpdate(untilHandedOver, { args: [emails] }),
    );
  } catch (error) {
    // It has closed meanwhile, or no worker is there: then it finds the signal before it does anything else.
    if (!(error instanceof WorkflowNotFoundError) && !isTransient(error)) throw error;
  }
}
