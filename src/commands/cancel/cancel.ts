import { cancelInChunks, type ListedChunk } from '../../client/chunks.js';
import { ifFound } from '../../client/find-runs.js';
import { importsOf, type ImportOfPerson } from '../../client/imports.js';
import { closedOutcome, follow } from '../../client/outcomes.js';
import { cancelOpenRun } from '../../client/send-signal.js';
import type { Session } from '../../client/session.js';
import { assertSamePortal } from '../../client/start-onboarding.js';
import { hasPollers, noResponseError } from '../../client/workers.js';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { info, printJson } from '../../terminal/print.js';
import type { ServerContext } from '../command.js';
import { exitCodeOf } from '../outcome-exit-code.js';
import { showOutcome } from '../outcome-text.js';
import { showImportedPerson } from '../status/imported-person.js';
import { withSession } from '../with-session.js';

/** Stops further writes, and prints what the portal already has. */
export function cancel(email: string, flags: ServerContext): Promise<ExitCode> {
  return withSession({ flags, needsWorker: false }, async (session) => {
    await assertSamePortal(session, email);
    const chunks = await cancelInChunks(session, email);
    const handle = await ifFound(cancelOpenRun(session, email));
    if (!handle) return cancelledInImport(session, email, chunks, flags);
    const outcome = await follow(session, handle, closedOutcome(handle), () => undefined);
    if (flags.json) printJson(outcome);
    else showOutcome(outcome);
    if (outcome.state === 'cancelled') return exitCodes.done;
    info('It had ended before it could be cancelled.');
    return exitCodeOf(outcome);
  });
}

/** A chunk that had not handed the person over has no onboarding to cancel, and ends its own work. */
async function cancelledInImport(
  session: Session,
  email: string,
  chunks: readonly ListedChunk[],
  flags: ServerContext,
): Promise<ExitCode> {
  const [chunk] = chunks;
  if (chunk && !(await hasPollers(session))) throw await noResponseError(session, chunk.workflowId);
  const imports = chunk ? await importsOf(session, email) : [];
  const isOfChunk = ({ runId }: ImportOfPerson): boolean => chunks.some((each) => each.runId === runId);
  const own = imports.filter(isOfChunk);
  const unfinished = own.find(({ state }) => state === 'waiting' || state === 'running');
  if (unfinished) throw stillWorks(unfinished);
  const cancelled = own.find(({ state }) => state === 'cancelled');
  if (!cancelled) {
    throw new Exit(exitCodes.failed, `no onboarding of ${email} is open, so there is nothing to cancel`);
  }
  await showImportedPerson(session, [cancelled], flags);
  return exitCodes.done;
}

function stillWorks({ email, batch }: ImportOfPerson): Exit {
  return new Exit(
    exitCodes.unreachable,
    `${batch} still waits for a call to the portal about ${email}`,
    `The cancellation is sent, and takes effect when a worker has ended that call. \`npm run starter -- status ${email}\` shows it.`,
  );
}
