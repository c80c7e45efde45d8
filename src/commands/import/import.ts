import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { Portal } from '../../docspace/portal.js';
import type { PeopleFile } from '../../people/read.js';
import type { PersonResult } from '../../contract/batch.js';
import { batchHandle } from '../../client/batches.js';
import { isOpenRun } from '../../client/find-runs.js';
import { findOtherWriters } from '../../client/other-writers.js';
import { assertSeats, confirmPlan, planImport, printOwners, printPlan } from './plan.js';
import { checkPlaces, type CheckedFile } from './check-places.js';
import { leftOutRows, type ImportRequest } from './read-import.js';
import { saveResult } from './save-result.js';
import { printJson, info } from '../../terminal/print.js';
import { withSession } from '../with-session.js';
import { settleBatch } from '../batch/settle-batch.js';
import { showBatch } from '../batch/show-batch.js';
import { idOfBatch, startBatch, type BatchHandle } from '../../client/start-batch.js';
import { warnIfNoWorker } from '../../client/workers.js';
import type { Session } from '../../client/session.js';

/** Onboards everybody in a file, and waits for everybody's result. */
export function importPeople(request: ImportRequest, read: PeopleFile): Promise<ExitCode> {
  const { json, detach, keepHigher } = request;
  return withSession({ flags: request, needsWorker: true }, async (session) => {
    const portal = portalOf(session, request);
    const checked = await check(portal, request, read);
    const leftOut = leftOutRows(checked.file);
    const handle = await begin(session, request, checked, portal).finally(() => portal?.close());
    if (detach) {
      if (json) printJson({ batchId: handle.workflowId, portal: session.portal, leftOut });
      await warnIfNoWorker(session);
      return leftOut > 0 ? exitCodes.failed : exitCodes.done;
    }
    const outcome = await settleBatch(session, handle);
    const results: PersonResult[] = [];
    const onResult = (result: PersonResult): void => void results.push(result);
    const code = await showBatch(session, outcome, { json, leftOut, keepHigher, onResult });
    await saveResult(request, checked.file, results);
    return code;
  });
}

/** Without a client for the portal, the worker finds out whether the groups and rooms can be used. */
async function check(portal: Portal | undefined, request: ImportRequest, file: PeopleFile): Promise<CheckedFile> {
  const unchecked = { file, found: { groups: [], rooms: [] } };
  if (!portal || !file.people.some(({ groups, rooms }) => groups ?? rooms)) return unchecked;
  return checkPlaces(portal, request, file).catch((error: unknown) => {
    if (!(error instanceof Exit) || error.code !== exitCodes.unreachable) throw error;
    info(`warning: ${error.problems.join('; ')}. The groups and rooms are checked during the import.`);
    return unchecked;
  });
}

/** Starts the batch, or attaches to an open batch of the same file. */
async function begin(
  session: Session,
  request: ImportRequest,
  { file: { people }, found }: CheckedFile,
  portal: Portal | undefined,
): Promise<BatchHandle> {
  const id = idOfBatch(session, people, request.options);
  const handle = batchHandle(session, id);
  if (await isOpenRun(handle)) {
    info(`This file is already being imported, as ${id}.`);
    return handle;
  }
  const plan = await planImport(portal, people, request, found).catch((error: unknown) => {
    if (!(error instanceof Exit)) throw error;
    info(`warning: ${error.problems.join('; ')}. The plan counts an account for each person.`);
    return planImport(undefined, people, request);
  });
  printPlan(plan, session.portal);
  printOwners(plan, people);
  assertSeats(plan, request.maxPaid);
  await confirmPlan(plan, session.portal, request);
  const others = await findOtherWriters(session, id, people);
  const findElsewhere = async () => (await findOtherWriters(session, id, people)).onboardedElsewhere;
  const started = await startBatch(session, id, { people, options: request.options, ...others, findElsewhere });
  info(`Started ${id}: the server has the whole list.`);
  info(`Its state: npm run starter -- status --batch ${id}`);
  return started;
}

/** The portal, if this command has a key for it. */
function portalOf({ portal, local }: Session, { settings }: ImportRequest): Portal | undefined {
  const { key = local?.sandboxKey, limits, proxy } = settings.portal;
  return key === undefined ? undefined : new Portal(portal, key, { limits, proxy });
}
