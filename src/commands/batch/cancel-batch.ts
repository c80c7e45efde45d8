import { batchHandle, batchResults } from '../../client/batches.js';
import type { Session } from '../../client/session.js';
import { ifFound } from '../../client/find-runs.js';
import { queryOutcome } from '../../client/outcomes.js';
import { cancelOpenRun } from '../../client/send-signal.js';
import { waitWithProgress } from '../../client/workers.js';
import type { BatchOutcome } from '../../contract/batch.js';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import type { ServerContext } from '../command.js';
import { withSession } from '../with-session.js';
import { closedBatch, settleBatch } from './settle-batch.js';
import { showBatch } from './show-batch.js';
import { isOpen } from './status-batch.js';

/** Stops further writes of a batch, and of the onboardings that it left open. Prints what the portal already has. */
export function cancelBatch(id: string, flags: ServerContext): Promise<ExitCode> {
  const { json } = flags;
  return withSession({ flags, needsWorker: false }, async (session) => {
    const handle = batchHandle(session, id);
    const wasOpen = await isOpen(session, handle);
    if (wasOpen) await handle.cancel();
    const outcome = wasOpen ? await settleBatch(session, handle) : await closedBatch(session, handle);
    const cancelled = await cancelWaiting(session, outcome);
    if (!wasOpen && cancelled === 0) {
      throw new Exit(exitCodes.failed, `${id} has ended and left nobody waiting, so there is nothing to cancel`);
    }
    const code = await showBatch(session, outcome, { json });
    return outcome.state === 'cancelled' || !wasOpen ? exitCodes.done : code;
  });
}

/** @returns how many onboardings of this batch were still open. One that needed attention may be running again. */
async function cancelWaiting(session: Session, outcome: BatchOutcome): Promise<number> {
  let cancelled = 0;
  for await (const { email, state } of batchResults(session, outcome)) {
    if (state !== 'needs-attention' && state !== 'running') continue;
    const handle = await ifFound(cancelOpenRun(session, email));
    if (!handle) continue;
    const { workflowId } = handle;
    const closing = handle.result().catch(() => undefined); // it fails, because it was cancelled
    const query = (): Promise<unknown> => queryOutcome(session, handle);
    await waitWithProgress(session, closing, { workflowId, query, show: () => undefined });
    cancelled++;
  }
  return cancelled;
}
