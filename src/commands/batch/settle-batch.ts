import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { TerminatedFailure } from '@temporalio/common';
import { setTimeout as delay } from 'node:timers/promises';
import { Exit, exitCodes } from '../../program/exit.js';
import { batchStatus, type BatchOutcome, type BatchStatus } from '../../contract/batch.js';
import { batchProgress } from './batch-progress.js';
import { deletedRun, resetRunOf } from '../../client/find-runs.js';
import { isTransient, otherPortal } from '../../client/outcomes.js';
import { mostRetriedFailure } from '../../client/retried-failures.js';
import type { BatchHandle } from '../../client/start-batch.js';
import { queryWithTimeout, waitWithProgress } from '../../client/workers.js';
import type { Session } from '../../client/session.js';
import { withWaitNotice } from '../../terminal/wait-notice.js';

/** Milliseconds between two queries. Chunks report to their batch only occasionally. */
const pollIntervalMs = 500;

/** Waits until a batch ends, and shows its progress. */
export async function settleBatch(
  session: Session,
  handle: BatchHandle,
  { jsonLines = false }: { jsonLines?: boolean | undefined } = {},
): Promise<BatchOutcome> {
  const progress = batchProgress(jsonLines);
  const { workflowId } = handle;
  try {
    const settling = waitWithProgress(session, closedBatch(session, handle), {
      workflowId,
      query: () => queryBatch(session, handle),
      show: (outcome) => progress.show(outcome),
      intervalMs: pollIntervalMs,
    });
    return await withWaitNotice(() => retryNotice(session, workflowId), settling);
  } finally {
    progress.end();
  }
}

async function retryNotice(session: Session, batchId: string): Promise<string | undefined> {
  const failure = await mostRetriedFailure(session, batchId);
  return failure === undefined ? undefined : `retrying: ${failure}`;
}

/** The status of a batch, or `undefined` if no worker answers in time. */
export async function queryBatch(session: Session, handle: BatchHandle): Promise<BatchStatus | undefined> {
  const outcome = await queryWithTimeout(session, () => handle.query(batchStatus));
  return outcome && ofThisPortal(session, outcome);
}

/** Waits until a batch has ended, and returns its outcome. */
export async function closedBatch(session: Session, handle: BatchHandle): Promise<BatchOutcome> {
  for (let run = handle; ;) {
    try {
      return ofThisPortal(session, await run.result());
    } catch (error) {
      const isGone = error instanceof WorkflowNotFoundError; // retention may have deleted the first run of a chain
      if (isGone || error instanceof WorkflowFailedError) {
        const canContinue = isGone || error.cause instanceof TerminatedFailure;
        const latest = canContinue ? await resetRunOf(handle) : undefined;
        if (latest) {
          run = latest;
          continue;
        }
        if (isGone) throw deletedRun(handle);
        const reason = `${handle.workflowId} ended without an outcome, because somebody terminated it`;
        throw new Exit(exitCodes.failed, reason, 'Import the same file again: it continues with what is left.');
      }
      if (!isTransient(error)) throw error;
      await delay(pollIntervalMs);
    }
  }
}

/** Refuses an outcome of another portal. */
function ofThisPortal<Status extends BatchStatus>(session: Session, outcome: Status): Status {
  if (outcome.portal !== session.portal) throw otherPortal(session, outcome.batchId, outcome.portal);
  return outcome;
}
