import type { WorkflowHandle } from '@temporalio/client';
import type { Person } from '../people/person.js';
import { searchAttributesFor } from '../contract/search-attributes.js';
import { batchId, chunkId, chunkSize, type BatchOptions, type BatchPerson } from '../contract/batch.js';
import { forEachConcurrently } from '../utils/for-each-concurrently.js';
import type { onboardBatch } from '../workflows/batch/onboard-batch.js';
import type { onboardChunk } from '../workflows/batch/onboard-chunk.js';
import { withSearchAttributes } from './with-search-attributes.js';
import type { Session } from './session.js';

export type BatchHandle = WorkflowHandle<typeof onboardBatch>;

export interface BatchRequest {
  people: readonly Person[];
  options: BatchOptions;
  /** E-mails that an earlier batch has come to. */
  seen: ReadonlySet<string>;
  /** A run before was broken off a moment ago. */
  lookUpBeforeCreate: boolean;
}

/** So many parts are sent at once. */
const sentAtOnce = 8;

/** The id of a batch is a hash of portal, rows and options: the same file again is the same batch. */
export function idOfBatch(
  { portal, workflowIds }: Pick<Session, 'portal' | 'workflowIds'>,
  people: readonly Person[],
  options: BatchOptions,
): string {
  const rows = people.map(({ email, firstName, lastName, role }) => [email, firstName, lastName, role]);
  const parts = [[portal, options.existing, options.mail], ...rows].map((part) => JSON.stringify(part));
  return batchId(workflowIds.hashOf(parts).slice(0, 20));
}

/**
 * Starts a batch. The parts hold the people, and wait; the batch is started once all of them are at the server, so that a
 * starter that is killed on the way has begun with nobody, and one that has returned is not needed any more.
 */
export async function startBatch(session: Session, id: string, request: BatchRequest): Promise<BatchHandle> {
  const { client, taskQueue, portal } = session;
  const { people, options, seen, lookUpBeforeCreate } = request;
  const parts = Math.ceil(people.length / chunkSize);
  const policies = { workflowIdConflictPolicy: 'USE_EXISTING', workflowIdReusePolicy: 'ALLOW_DUPLICATE' } as const;
  const common = { taskQueue, ...policies, staticDetails: `Portal: ${portal}` };
  const attributes = searchAttributesFor({ portal, batch: id });

  await forEachConcurrently(sentAtOnce, Array.from({ length: parts }), async (_, part) => {
    const own = people.slice(part * chunkSize, (part + 1) * chunkSize).map((person) => entryOf(session, person, seen));
    await withSearchAttributes(session, attributes, (typedSearchAttributes) =>
      client.workflow.start<typeof onboardChunk>('onboardChunk', {
        ...common,
        typedSearchAttributes,
        workflowId: chunkId(id, part),
        args: [{ portal, batch: id, part, people: own, options, ...(lookUpBeforeCreate && { lookUpBeforeCreate }) }],
        staticSummary: `people ${part * chunkSize + 1} to ${part * chunkSize + own.length} of ${people.length}`,
      }),
    );
  });
  return withSearchAttributes(session, attributes, (typedSearchAttributes) =>
    client.workflow.start<typeof onboardBatch>('onboardBatch', {
      ...common,
      typedSearchAttributes,
      workflowId: id,
      args: [{ portal, people: people.length, parts }],
      staticSummary: `onboarding of ${people.length} people`,
    }),
  );
}

function entryOf(
  { workflowIds }: Session,
  { email, firstName, lastName, role }: Person,
  seen: ReadonlySet<string>,
): BatchPerson {
  return {
    email,
    firstName,
    lastName,
    role,
    ...workflowIds.idForPayload(email),
    ...(seen.has(email) && { seen: true }),
  };
}
