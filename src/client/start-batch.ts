import type { WorkflowHandle } from '@temporalio/client';
import { naming } from '../codec/naming.js';
import type { Person } from '../people/person.js';
import { attributesOf } from '../contract/search-attributes.js';
import { batchId, partId, partSize, type BatchOptions, type BatchPerson } from '../contract/batch.js';
import { inLanes } from '../utils/for-each-concurrently.js';
import type { onboardBatch } from '../workflows/batch/onboard-batch.js';
import type { onboardPart } from '../workflows/batch/onboard-chunk.js';
import { withAttributes } from './with-search-attributes.js';
import type { Session } from './session.js';

export type BatchHandle = WorkflowHandle<typeof onboardBatch>;

export interface BatchRequest {
  people: readonly Person[];
  options: BatchOptions;
  /** E-mails that an earlier batch has come to. */
  seen: ReadonlySet<string>;
  /** A run before was broken off a moment ago. */
  lookFirst: boolean;
}

/** So many parts are sent at once. */
const sentAtOnce = 8;

/** The id of a batch is a hash of portal, rows and options: the same file again is the same batch. */
export function idOfBatch(portal: string, people: readonly Person[], options: BatchOptions): string {
  const rows = people.map(({ email, firstName, lastName, role }) => [email, firstName, lastName, role]);
  const parts = [[portal, options.existing, options.mail], ...rows].map((part) => JSON.stringify(part));
  return batchId(naming().hashOf(parts).slice(0, 20));
}

/**
 * Starts a batch. The parts hold the people, and wait; the batch is started once all of them are at the server, so that a
 * starter that is killed on the way has begun with nobody, and one that has returned is not needed any more.
 */
export async function startBatch(session: Session, id: string, request: BatchRequest): Promise<BatchHandle> {
  const { client, taskQueue, portal } = session;
  const { people, options, seen, lookFirst } = request;
  const parts = Math.ceil(people.length / partSize);
  const policies = { workflowIdConflictPolicy: 'USE_EXISTING', workflowIdReusePolicy: 'ALLOW_DUPLICATE' } as const;
  const common = { taskQueue, ...policies, staticDetails: `Portal: ${portal}` };
  const attributes = attributesOf({ portal, batch: id });

  await inLanes(sentAtOnce, Array.from({ length: parts }), async (_, part) => {
    const own = people.slice(part * partSize, (part + 1) * partSize).map((person) => entryOf(person, seen));
    await withAttributes(session, attributes, (typedSearchAttributes) =>
      client.workflow.start<typeof onboardPart>('onboardPart', {
        ...common,
        typedSearchAttributes,
        workflowId: partId(id, part),
        args: [{ portal, batch: id, part, people: own, options, ...(lookFirst && { lookFirst }) }],
        staticSummary: `people ${part * partSize + 1} to ${part * partSize + own.length} of ${people.length}`,
      }),
    );
  });
  return withAttributes(session, attributes, (typedSearchAttributes) =>
    client.workflow.start<typeof onboardBatch>('onboardBatch', {
      ...common,
      typedSearchAttributes,
      workflowId: id,
      args: [{ portal, people: people.length, parts }],
      staticSummary: `onboarding of ${people.length} people`,
    }),
  );
}

function entryOf({ email, firstName, lastName, role }: Person, seen: ReadonlySet<string>): BatchPerson {
  return { email, firstName, lastName, role, ...naming().told(email), ...(seen.has(email) && { seen: true }) };
}
