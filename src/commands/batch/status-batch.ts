import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { batchKey, portalKey } from '../../contract/search-attributes.js';
import { type BatchStatus, formatCounts } from '../../contract/batch.js';
import { otherPortal } from '../../client/outcomes.js';
import { batchHandle } from '../../client/batches.js';
import { ifFound } from '../../client/find-runs.js';
import { print, printJson } from '../../terminal/print.js';
import { visible } from '../../terminal/visible-text.js';
import type { ServerContext } from '../command.js';
import { withSession } from '../with-session.js';
import { closedBatch, queryBatch, settleBatch } from './settle-batch.js';
import { showBatch, showLinks } from './show-batch.js';
import type { BatchHandle } from '../../client/start-batch.js';
import { noResponseError } from '../../client/workers.js';
import type { Session } from '../../client/session.js';
import { findSlowdown } from '../../client/retried-failures.js';
import { exitCodeSoFar } from '../outcome-exit-code.js';

/** Shows what is known about a batch; with `--watch`, until it ends. */
export function statusOfBatch(id: string, flags: ServerContext & { watch?: true | undefined }): Promise<ExitCode> {
  const { json, watch } = flags;
  return withSession({ flags, needsWorker: false }, async (session) => {
    const handle = batchHandle(session, id);
    if (!(await isOpen(session, handle))) return showBatch(session, await closedBatch(session, handle), { json });
    if (watch) return showBatch(session, await settleBatch(session, handle, { jsonLines: json }), { json });
    const outcome = await queryBatch(session, handle);
    if (!outcome) throw await noResponseError(session, id);
    await show(session, outcome, json);
    return exitCodeSoFar(outcome);
  });
}

/** @throws {Exit} if the server knows no such batch, or it belongs to another portal */
export async function isOpen(session: Session, handle: BatchHandle): Promise<boolean> {
  const run = await ifFound(handle.describe());
  if (!run) {
    throw new Exit(
      exitCodes.failed,
      `no ${handle.workflowId} is known at ${session.address}`,
      'If its import was killed while it started, import the same file again: that continues it.',
    );
  }
  const portal = run.typedSearchAttributes.get(portalKey) ?? session.portal;
  if (portal !== session.portal) throw otherPortal(session, handle.workflowId, portal);
  return run.status.name === 'RUNNING';
}

async function show(
  session: Session,
  { chunks: _chunks, ...outcome }: BatchStatus,
  json: boolean | undefined,
): Promise<void> {
  const { batchId, runId, portal, counts, attention } = outcome;
  if (json) {
    printJson({ ...outcome, webUi: session.webUi(batchId, runId) });
    return;
  }
  print(`… ${formatCounts(counts)}`);
  if (attention) print(`  paused  ${attention.message}\n  fix     ${attention.hint}`);
  const slowdown = await findSlowdown(session, `${batchKey.name} = '${batchId}'`);
  if (slowdown !== undefined) print(`  slow    ${visible(slowdown)}`);
  print(`  portal  ${portal}\n  batch   ${batchId}`);
  showLinks(session, outcome);
}
