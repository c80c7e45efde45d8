import { WorkflowNotFoundError } from '@temporalio/client';
import { Exit, exitCodes, type ExitCode } from '../exit.js';
import { summaryOf } from '../workflows/batch-details.js';
import type { BatchOutcome } from '../workflows/batch-messages.js';
import { batchHandle } from './batches.js';
import { noWorker } from './outcomes.js';
import { print, printJson } from './say.js';
import type { CommonFlags } from './read.js';
import { withSession, type Session } from './session.js';
import { closedBatch, peekBatch, settleBatch } from './settle-batch.js';
import { exitCodeOfBatch, showBatch, showLinks } from './show-batch.js';
import type { BatchHandle } from './start-batch.js';

/** What is known of a batch; with `--watch` for as long as it is at work. */
export function statusOfBatch(id: string, flags: CommonFlags & { watch?: boolean }): Promise<ExitCode> {
  const { json, watch } = flags;
  return withSession({ flags, works: false }, async (session) => {
    const handle = batchHandle(session, id);
    if (!(await isOpen(session, handle))) return showBatch(session, await closedBatch(handle), { json });
    if (watch) return showBatch(session, await settleBatch(session, handle, json), { json });
    const outcome = await peekBatch(session, handle);
    if (!outcome) throw noWorker(session, `${id} is open, and goes on when one is there.`);
    show(session, guarded(session, outcome), json);
    return exitCodeOfBatch(outcome.state);
  });
}

/** @throws {Exit} where nobody knows of the batch */
export async function isOpen({ address }: Session, handle: BatchHandle): Promise<boolean> {
  try {
    return (await handle.describe()).status.name === 'RUNNING';
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new Exit(exitCodes.failed, `no ${handle.workflowId} is known at ${address}`);
  }
}

/** Refuses the outcome of a portal that is not the one this command is for. */
function guarded({ portal }: Session, outcome: BatchOutcome): BatchOutcome {
  if (outcome.portal === portal) return outcome;
  const why = `${outcome.batchId} belongs to the portal ${outcome.portal}, and API_HOST is ${portal}`;
  throw new Exit(exitCodes.guarded, why, 'Set API_HOST to that portal.');
}

function show(session: Session, { parts: _parts, ...outcome }: BatchOutcome, json: boolean | undefined): void {
  const { batchId, runId, portal, counts, attention } = outcome;
  if (json) {
    printJson({ ...outcome, webUi: session.webUi(batchId, runId) });
    return;
  }
  print(`… ${summaryOf(counts)}`);
  if (attention) print(`  everybody waits  ${attention.message}\n  what to do       ${attention.hint}`);
  print(`  portal  ${portal}\n  batch   ${batchId}`);
  showLinks(session, outcome);
}
