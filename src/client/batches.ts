import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { portalKey } from '../contract/search-attributes.js';
import { chunkId, chunkSizeAt, type BatchOutcome, type PersonResult } from '../contract/batch.js';
import type { onboardBatch } from '../workflows/batch/onboard-batch.js';
import type { onboardChunk } from '../workflows/batch/onboard-chunk.js';
import { forEachConcurrently } from '../utils/for-each-concurrently.js';
import { lacksAttributes } from '../temporal/grpc-errors.js';
import { closedOutcome } from './outcomes.js';
import { onboardingHandle } from './start-onboarding.js';
import type { BatchHandle } from './start-batch.js';
import type { Session } from './session.js';

/** What is known of batches, and of everybody in them. */

export function batchHandle({ client }: Session, id: string): BatchHandle {
  return client.workflow.getHandle<typeof onboardBatch>(id);
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

/** So many parts, or people, are asked about at once. */
const askedAtOnce = 16;

/** What became of each person of a closed batch, in its order; who needed attention, as it is now. */
export async function* batchResults(session: Session, outcome: BatchOutcome): AsyncGenerator<PersonResult> {
  for await (const people of partsOf(session, outcome)) {
    await forEachConcurrently(askedAtOnce, people, async (person) => {
      if (person.state === 'needs-attention') Object.assign(person, await asItIsNow(session, person.email));
    });
    yield* people;
  }
}

/** What became of each person of a closed batch, as it was then. */
export async function* peopleOf(session: Session, outcome: BatchOutcome): AsyncGenerator<PersonResult> {
  for await (const people of partsOf(session, outcome)) yield* people;
}

async function* partsOf(session: Session, outcome: BatchOutcome): AsyncGenerator<PersonResult[]> {
  for (const part of outcome.parts.keys()) yield await resultOfPart(session, outcome, part);
}

async function resultOfPart(
  { client }: Session,
  { batchId, parts, people }: BatchOutcome,
  part: number,
): Promise<PersonResult[]> {
  const workflowId = chunkId(batchId, part);
  try {
    if (!parts[part]) throw new WorkflowNotFoundError('it has not begun', workflowId, undefined);
    return (await client.workflow.getHandle<typeof onboardChunk>(workflowId, parts[part]).result()).people;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError)) throw error;
    // Somebody has terminated it, or the server has forgotten it: nobody knows who of them got how far.
    return Array.from({ length: chunkSizeAt(people, part) }, () => ({
      email: '',
      state: 'failed',
      message: `${workflowId} is gone`,
    }));
  }
}

/** A person who was handed over has an onboarding of their own, which a person may have released since. */
async function asItIsNow(session: Session, email: string): Promise<Partial<PersonResult>> {
  const handle = onboardingHandle(session, email);
  try {
    const { status } = await handle.describe();
    if (status.name === 'RUNNING') return {};
    const { state, role, userId, created } = await closedOutcome(handle);
    const known = { ...(role && { role }), ...(userId !== null && { userId }) };
    return { state, created, ...known, ...(state === 'onboarded' && { message: '' }) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return {};
    throw error;
  }
}
