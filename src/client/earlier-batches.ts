import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { portalKey } from '../contract/search-attributes.js';
import type { BatchOutcome } from '../contract/batch.js';
import type { onboardBatch } from '../workflows/batch/onboard-batch.js';
import { peopleOf } from './batches.js';
import { lacksAttributes } from '../temporal/grpc-errors.js';
import { unfinishedStatuses, closedRecently } from './start-onboarding.js';
import type { Session } from './session.js';

/** The run of the same file before, as far as there is one. */
interface LastRun {
  /** It is the one to look at. */
  isOpen: boolean;
  /** It was broken off a moment ago, and may have sent creates. */
  lookUpBeforeCreate: boolean;
}

export async function lastRunOf({ client }: Session, id: string): Promise<LastRun> {
  try {
    const { status, closeTime } = await client.workflow.getHandle(id).describe();
    return {
      isOpen: status.name === 'RUNNING',
      lookUpBeforeCreate: unfinishedStatuses.has(status.name) && closedRecently(closeTime),
    };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return { isOpen: false, lookUpBeforeCreate: false };
  }
}

/** E-mails that a closed batch at this portal has come to: the portal is asked before anything is posted. */
export async function seenBefore(session: Session): Promise<Set<string>> {
  const seen = new Set<string>();
  for await (const outcome of closedBatches(session)) {
    for await (const { email, state } of peopleOf(session, outcome)) if (state !== 'waiting') seen.add(email);
  }
  return seen;
}

async function* closedBatches({ client, portal }: Session): AsyncGenerator<BatchOutcome> {
  const query = `WorkflowType = 'onboardBatch' AND ExecutionStatus = 'Completed' AND ${portalKey.name} = '${portal}'`;
  try {
    for await (const { workflowId, runId } of client.workflow.list({ query })) {
      yield await client.workflow.getHandle<typeof onboardBatch>(workflowId, runId).result();
    }
  } catch (error) {
    // Without the attribute nobody knows of earlier batches: a create finds out who is there.
    if (!(error instanceof WorkflowFailedError) && !lacksAttributes(error)) throw error;
  }
}
