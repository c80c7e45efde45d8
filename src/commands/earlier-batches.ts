import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { portalKey } from '../workflows/attributes.js';
import type { BatchOutcome } from '../workflows/batch-messages.js';
import type { onboardBatch } from '../workflows/onboard-batch.js';
import { resultsOf } from './batches.js';
import { grpcCodes, grpcErrorIn } from './grpc.js';
import type { Session } from './session.js';
import { brokenOff, justNow } from './start.js';

/** What earlier runs tell a new one of the same file. */
export interface Earlier {
  /** A run of the same file is open: it is the one to look at. */
  isOpen: boolean;
  /** One was broken off a moment ago, and may have sent creates. */
  lookFirst: boolean;
  /** E-mails that a closed batch at this portal has come to: the portal is asked before anything is posted. */
  seen: Set<string>;
}

export async function earlierThan(session: Session, id: string): Promise<Earlier> {
  const earlier: Earlier = { isOpen: false, lookFirst: false, seen: new Set() };
  try {
    const { status, closeTime } = await session.client.workflow.getHandle(id).describe();
    earlier.isOpen = status.name === 'RUNNING';
    earlier.lookFirst = brokenOff.has(status.name) && justNow(closeTime);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  if (earlier.isOpen) return earlier;
  for await (const outcome of closedBatches(session)) {
    for await (const { email, state } of resultsOf(session, outcome)) {
      if (state !== 'waiting') earlier.seen.add(email);
    }
  }
  return earlier;
}

async function* closedBatches(session: Session): AsyncGenerator<BatchOutcome> {
  const { client, portal } = session;
  const query = `WorkflowType = 'onboardBatch' AND ExecutionStatus = 'Completed' AND ${portalKey.name} = '${portal}'`;
  try {
    for await (const { workflowId, runId } of client.workflow.list({ query })) {
      yield await client.workflow.getHandle<typeof onboardBatch>(workflowId, runId).result();
    }
  } catch (error) {
    // Without the attribute nobody knows of earlier batches: a create finds out who is there.
    if (error instanceof WorkflowFailedError || grpcErrorIn(error)?.code === grpcCodes.invalidArgument) return;
    throw error;
  }
}
