import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { Exit, exitCodes } from '../exit.js';
import { batchStatus, type BatchOutcome } from '../workflows/batch-messages.js';
import { batchProgress, type BatchProgress } from './batch-progress.js';
import { grpcErrorIn } from './grpc.js';
import { isPassing, noWorker, someonePolls } from './outcomes.js';
import type { Session } from './session.js';
import type { BatchHandle } from './start-batch.js';

/** Milliseconds. */
const lookEvery = 500;
const queryDeadline = 3_000;
const patience = 10_000;

/** Waits until a batch is over, and shows how far it is on the way. */
export async function settleBatch(session: Session, handle: BatchHandle, json?: boolean): Promise<BatchOutcome> {
  const progress = batchProgress(json);
  const over = new AbortController();
  const closed = closedBatch(handle).finally(() => over.abort());
  closed.catch(() => undefined);
  try {
    return await Promise.race([
      closed,
      lookOn(session, handle, progress, over.signal).then(() => closed),
      session.interrupted,
    ]);
  } finally {
    progress.end();
  }
}

async function lookOn(
  session: Session,
  handle: BatchHandle,
  progress: BatchProgress,
  over: AbortSignal,
): Promise<void> {
  let heard = Date.now();
  while (!over.aborted) {
    const outcome = await peekBatch(session, handle);
    if (over.aborted) return;
    if (outcome) {
      heard = Date.now();
      progress.show(outcome);
    } else if (Date.now() - heard > patience && !(await someonePolls(session))) {
      throw noWorker(session, `${handle.workflowId} was started all the same, and goes on when a worker is there.`);
    }
    await delay(lookEvery, undefined, { signal: over }).catch(() => undefined);
  }
}

/** What a batch says of itself now, or `undefined` where nobody answers in time. */
export async function peekBatch({ client }: Session, handle: BatchHandle): Promise<BatchOutcome | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + queryDeadline, () => handle.query(batchStatus));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || grpcErrorIn(error)) return undefined;
    if (error instanceof Error && error.name === 'QueryNotRegisteredError') return undefined;
    throw error;
  }
}

/** The outcome of a batch once it is over. */
export async function closedBatch(handle: BatchHandle): Promise<BatchOutcome> {
  for (;;) {
    try {
      return await handle.result();
    } catch (error) {
      if (error instanceof WorkflowFailedError) {
        throw new Exit(exitCodes.failed, `${handle.workflowId} ended without an outcome: somebody has terminated it`);
      }
      if (!isPassing(error)) throw error;
      await delay(lookEvery);
    }
  }
}
