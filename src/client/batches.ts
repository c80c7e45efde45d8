import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import pMap from 'p-map';
import { onboardingStateKey, portalKey } from '../contract/search-attributes.js';
import { chunkId, chunkSizeAt, type BatchOutcome, type PersonResult } from '../contract/batch.js';
import { expandResults } from '../contract/kept-results.js';
import type { onboardBatch } from '../workflows/batch/onboard-batch.js';
import type { onboardChunk } from '../workflows/batch/onboard-chunk.js';
import { Exit } from '../program/exit.js';
import { runIds } from './find-runs.js';
import { closedOutcome, queryOutcome, onboardingHandle, toShown } from './outcomes.js';
import type { BatchHandle } from './start-batch.js';
import type { Session } from './session.js';

/** Reads batches, and the results of everybody in them. */

export function batchHandle({ client }: Session, id: string): BatchHandle {
  return client.workflow.getHandle<typeof onboardBatch>(id);
}

/** The ids of the open batches at the session's portal, or only of those that meet a condition. */
export function openBatches(session: Session, condition?: string): Promise<string[]> {
  const open = `WorkflowType = 'onboardBatch' AND ExecutionStatus = 'Running' AND ${portalKey.name} = '${session.portal}'`;
  return runIds(session, condition === undefined ? open : `${open} AND ${condition}`);
}

const maxConcurrentQueries = 16;

/** Each person's result in a closed batch, in the order of the file. Results that needed attention are read again. */
export async function* batchResults(session: Session, outcome: BatchOutcome): AsyncGenerator<PersonResult> {
  for (const chunk of outcome.chunks.keys()) {
    const people = await resultsOfChunk(session, outcome, chunk);
    const current = async (person: PersonResult): Promise<PersonResult> =>
      person.state === 'needs-attention' ? { ...person, ...(await currentResult(session, person.email)) } : person;
    yield* await pMap(people, current, { concurrency: maxConcurrentQueries });
  }
}

/** If retention has deleted the chunk, only what the batch kept in its own result is left. */
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
  const keptResults = expandResults(results[chunk] ?? []);
  return Array.from({ length: chunkSizeAt(people, chunk) }, (_, place) => {
    const message = `somebody terminated ${workflowId}; import the file again`;
    return keptResults[place] ?? { email: '', state: 'failed', message };
  });
}

/** The current result of a person who was handed over. Somebody may have resumed or cancelled that onboarding since. */
async function currentResult(session: Session, email: string): Promise<Partial<PersonResult>> {
  const handle = onboardingHandle(session, email);
  try {
    const { status, typedSearchAttributes } = await handle.describe();
    const isOpen = status.name === 'RUNNING';
    if (isOpen && typedSearchAttributes.get(onboardingStateKey) === 'needs-attention') return {};
    const outcome = isOpen ? await queryOutcome(session, handle) : toShown(session, await closedOutcome(handle));
    if (!outcome) return {};
    const { state, role, otherName, userId, created, attention } = outcome;
    const account = {
      ...(role && { role }),
      ...(otherName !== undefined && { otherName }),
      ...(userId !== null && { userId }),
      ...(created && { created: 'now' as const }),
    };
    return { state, ...account, message: attention?.message ?? '' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof Exit) return {};
    throw error;
  }
}
