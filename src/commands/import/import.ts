import { exitCodes, type ExitCode } from '../../program/exit.js';
import type { PeopleFile } from '../../people/read.js';
import type { PersonResult } from '../../contract/batch.js';
import { batchHandle, isOpenRun } from '../../client/batches.js';
import { findOtherWriters } from '../../client/other-writers.js';
import { guardImport, guardPaid, planOf, sayPlan } from './plan.js';
import { leftOutRows, type ImportRequest } from './read-import.js';
import { saveResult } from './save-result.js';
import { printJson, info } from '../../terminal/print.js';
import { withSession } from '../with-session.js';
import { settleBatch } from '../batch/settle-batch.js';
import { showBatch } from '../batch/show-batch.js';
import { idOfBatch, startBatch, type BatchHandle } from '../../client/start-batch.js';
import { noWorker, hasPollers } from '../../client/workers.js';
import { formatCount } from '../../utils/format-count.js';
import { assertServerStays, type Session } from '../../client/session.js';

/** Onboards everybody in a file, and waits until what became of each is known. */
export function importPeople(request: ImportRequest, file: PeopleFile): Promise<ExitCode> {
  const { json, detach } = request;
  const leftOut = leftOutRows(file);
  return withSession({ flags: request, needsWorker: true }, async (session) => {
    if (detach) assertServerStays(session);
    const handle = await begin(session, request, file);
    if (detach) {
      if (json) printJson({ batchId: handle.workflowId, portal: session.portal, leftOut });
      if (!(await hasPollers(session))) info(`warning: ${noWorker(session, '').problems[0]}`);
      return leftOut > 0 ? exitCodes.failed : exitCodes.done;
    }
    const outcome = await settleBatch(session, handle, json);
    const results: PersonResult[] = [];
    const code = await showBatch(session, outcome, { json, leftOut, onResult: (result) => void results.push(result) });
    await saveResult(request, file, results);
    return code;
  });
}

/** Starts the batch, or attaches to the one of the same file that is open. */
async function begin(session: Session, request: ImportRequest, { people }: PeopleFile): Promise<BatchHandle> {
  const id = idOfBatch(session, people, request.options);
  const handle = batchHandle(session, id);
  if (await isOpenRun(handle)) {
    info(`This file is being imported already, as ${id}.`);
    return handle;
  }
  const plan = planOf(people, request.options);
  sayPlan(plan, session.portal);
  guardPaid(plan.paidSeats, request.maxPaid);
  await guardImport(plan, session.portal, request);
  const others = await findOtherWriters(session, id, people);
  const started = await startBatch(session, id, { people, options: request.options, ...others });
  info(`Started ${id}: the server has all ${formatCount(people.length)} people.`);
  info(`Its state: npm run starter -- status --batch ${id}`);
  return started;
}
