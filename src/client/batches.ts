import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { onboardingStateKey, portalKey } from '../contract/search-attributes.js';
import { chunkId, chunkSizeAt, expandResults, type BatchOutcome, type PersonResult } from '../contract/batch.js';
import type { onboardBatch } from '../workflows/batch/onboard-batch.js';
import type { onboardChunk } from '../workflows/batch/onboard-chunk.js';
import { forEachConcurrently } from '../utils/for-each-concurrently.js';
import { lacksAttributes } from '../temporal/grpc-errors.js';
import { Exit } from '../program/exit.js';
import { closedOutcome, queryOutcome } from './outcomes.js';
import { onboardingHandle } from './start-onboarding.js';
import type { BatchHandle } from './start-batch.js';
import type { Session } from './session.js';

/** What is known of batches, and of everybody in them. */

export function batchHandle({ client }: Session, id: string): BatchHandle {
  return client.workflow.getHandle<typeof onboardBatch>(id);
}

/** Whether the server has an open run; `false` if it knows none. */
export async function isOpenRun(handle: BatchHandle): Promise<boolean> {
  try {
    return (await handle.describe()).status.name === 'RUNNING';
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return false;
  }
}

/** The ids of the open batches at the session's portal, narrowed by a visibility query: no worker is asked. */
export async function openBatches({ client, portal }: Session, narrowed?: string): Promise<string[]> {
  const open = `WorkflowType = 'onboardBatch' AND ExecutionStatus = 'Running' AND ${portalKey.name} = '${portal}'`;
  const query = narrowed === undefined ? open : `${open} AND ${narrowed}`;
  const ids: string[] = [];
  try {
    for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
  } catch (error) {
    // Without the attributes they are not told from those of other portals.
    if (!lacksAttributes(error)) throw error;
  }
  return ids;
}

/** Chunks, or people, that are asked about at the same time. */
const askedAtOnce = 16;

/** What became of each person of a closed batch, in the order of the file; who needed attention, as it is now. */
export async function* batchResults(session: Session, outcome: BatchOutcome): AsyncGenerator<PersonResult> {
  for (const chunk of outcome.chunks.keys()) {
    const people = await resultsOfChunk(session, outcome, chunk);
    await forEachConcurrently(askedAtOnce, people, async (person) => {
      if (person.state === 'needs-attention') Object.assign(person, await currentResult(session, person.email));
    });
    yield* people;
  }
}

/** The chunk has user ids too. Once retention has deleted it, the batch has the rest. */
async function resultsOfChunk(
  { client }: Session,
  { batchId, chunks, people, results }: BatchOutcome,
  chunk: number,
): Promise<PersonResult[]> {
  const workflowId = chunkId(batchId, chunk);
  const runId = chunks[chunk];
  try {
    if (runId) return (await client.workflow.getHandle<typeof onboardChunk>(workflowId, runId).result()).people;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError)) throw error;
  }
  const kept = expandResults(results[chunk] ?? []);
  return Array.from({ length: chunkSizeAt(people, chunk) }, (_, place) => {
    const message = `somebody terminated ${workflowId}; import the file again`;
    return kept[place] ?? { email: '', state: 'failed', message };
  });
}

/** A person who was handed over has an onboarding, which somebody may have resumed or cancelled since. */
async function currentResult(session: Session, email: string): Promise<Partial<PersonResult>> {
  const handle = onboardingHandle(session, email);
  try {
    const { status, typedSearchAttributes } = await handle.describe();
    const isOpen = status.name === 'RUNNING';
    if (isOpen && typedSearchAttributes.get(onboardingStateKey) === 'needs-attention') return {};
    const outcome = isOpen ? await queryOutcome(session, handle) : await closedOutcome(handle);
    if (!outcome) return {};
    const { state, role, userId, created, attention } = outcome;
    const known = {
      ...(role && { role }),
      ...(userId !== null && { userId }),
      ...(created && { created: 'now' as const }),
    };
    return { state, ...known, message: attention?.message ?? '' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof Exit) return {};
    throw error;
  }
}
