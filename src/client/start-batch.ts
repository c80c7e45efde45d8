import type { WorkflowHandle } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import { batchId, chunkId, chunkSize, handOver, type BatchOptions, type BatchPerson } from '../contract/batch.js';
import { pickPlaces } from '../contract/places.js';
import { searchAttributesFor } from '../contract/search-attributes.js';
import type { Person } from '../people/person.js';
import { inParts } from '../utils/in-parts.js';
import type { onboardBatch } from '../workflows/batch/onboard-batch.js';
import type { onboardChunk } from '../workflows/batch/onboard-chunk.js';
import { chunkHandle, personHash, type ChunkHandle } from './chunks.js';
import { ifFound, isOpenRun } from './find-runs.js';
import type { Session } from './session.js';
import { startPolicies } from './start-onboarding.js';
import { withSearchAttributes } from './with-search-attributes.js';
import { noAnswerTimeoutMs, pollIntervalMs } from './workers.js';

export type BatchHandle = WorkflowHandle<typeof onboardBatch>;

export interface BatchRequest {
  people: readonly Person[];
  options: BatchOptions;
  /** E-mails of people whose onboarding is already open. It takes them over. */
  onboardedElsewhere?: ReadonlySet<string>;
  /**
   * Finds them again once the server has all chunks and none has begun, so two imports that start at the same time find
   * each other. If it throws, nothing is started.
   */
  findElsewhere?: () => Promise<ReadonlySet<string>>;
  /** E-mails of people for whom a recently stopped run may have sent a write. */
  mayHaveBeenPosted?: ReadonlySet<string>;
}

const maxConcurrentStarts = 8;

/** The id of a batch is a hash of portal, rows and options, so the same file again is the same batch. */
export function idOfBatch(
  { portal, workflowIds }: Pick<Session, 'portal' | 'workflowIds'>,
  people: readonly Person[],
  options: BatchOptions,
): string {
  const rows = people.map(({ email, firstName, lastName, role, groups, rooms }) => [
    email,
    firstName,
    lastName,
    role,
    ...(groups || rooms ? [groups ?? [], rooms ?? []] : []),
  ]);
  const { existing, mail, allowDemotion = false, exactGroups, createGroups } = options;
  const placeOptions = [...(exactGroups ? [exactGroups] : []), ...(createGroups ? ['create groups'] : [])];
  const parts = [[portal, existing, mail, allowDemotion, ...placeOptions], ...rows].map((part) => JSON.stringify(part));
  return batchId(workflowIds.hashOf(parts).slice(0, 20));
}

/**
 * Starts a batch. The chunks hold the people and wait, and the batch starts once the server has all chunks. So a starter
 * that is killed in between has started nobody, and nothing needs the starter after it returns.
 */
export async function startBatch(session: Session, id: string, request: BatchRequest): Promise<BatchHandle> {
  const { client, taskQueue, portal } = session;
  const { people, options, onboardedElsewhere = new Set<string>(), findElsewhere } = request;
  const chunks = inParts(people, chunkSize).map((members, chunk) => ({
    members,
    emails: members.map(({ email }) => email),
    handle: chunkHandle(session, { workflowId: chunkId(id, chunk) }),
  }));
  const common = { taskQueue, ...startPolicies, staticDetails: `Portal: ${portal}` };

  const handles = chunks.map(({ handle }) => handle);
  await untilClosed(session, id, handles);
  const startChunk = ({ members, emails, handle: { workflowId } }: (typeof chunks)[number], chunk: number) => {
    const hashes = emails.map((email) => personHash(session, email));
    const attributes = searchAttributesFor({ portal, batch: id, people: hashes });
    const batchPeople = members.map((person) => toBatchPerson(session, person, request));
    return withSearchAttributes(session, attributes, (typedSearchAttributes) =>
      client.workflow.start<typeof onboardChunk>('onboardChunk', {
        ...common,
        typedSearchAttributes,
        workflowId,
        args: [{ portal, batch: id, chunk, people: batchPeople, options }],
        staticSummary: `people ${chunk * chunkSize + 1} to ${chunk * chunkSize + members.length} of ${people.length}`,
      }),
    );
  };
  await pMap(chunks, startChunk, { concurrency: maxConcurrentStarts });
  await handOverAll(onboardedElsewhere);
  try {
    if (findElsewhere) await handOverAll(await findElsewhere());
  } catch (error) {
    for (const handle of handles) await handle.cancel();
    throw error;
  }
  return withSearchAttributes(session, searchAttributesFor({ portal, batch: id }), (typedSearchAttributes) =>
    client.workflow.start<typeof onboardBatch>('onboardBatch', {
      ...common,
      typedSearchAttributes,
      workflowId: id,
      args: [{ portal, people: people.length, chunks: chunks.length }],
      staticSummary: `onboarding of ${people.length} people`,
    }),
  );

  async function handOverAll(elsewhere: ReadonlySet<string>): Promise<void> {
    for (const { emails, handle } of chunks) {
      const shared = emails.filter((email) => elsewhere.has(email));
      if (shared.length > 0) await handle.signal(handOver, shared);
    }
  }
}

/** The chunks of a batch close a moment after it. One that is about to close would not take part in the next batch. */
async function untilClosed({ client }: Session, id: string, chunks: readonly ChunkHandle[]): Promise<void> {
  const giveUpAt = Date.now() + noAnswerTimeoutMs;
  const earlier = await ifFound(client.workflow.getHandle(id).describe());
  if (earlier?.status.name !== 'COMPLETED' || Number(earlier.closeTime) < Date.now() - noAnswerTimeoutMs) return;
  for (const chunk of chunks) while ((await isOpenRun(chunk)) && Date.now() < giveUpAt) await delay(pollIntervalMs);
}

function toBatchPerson({ workflowIds }: Session, person: Person, { mayHaveBeenPosted }: BatchRequest): BatchPerson {
  const { email, firstName, lastName, role } = person;
  return {
    email,
    firstName,
    lastName,
    role,
    ...pickPlaces(person),
    ...workflowIds.idForPayload(email),
    ...(mayHaveBeenPosted?.has(email) && { mayHaveBeenPosted: true }),
  };
}
