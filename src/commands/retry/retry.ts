import pMap, { pMapSkip } from 'p-map';
import { batchHandle, openBatches } from '../../client/batches.js';
import { ifFound } from '../../client/find-runs.js';
import { openOnboardings } from '../../client/list-onboardings.js';
import { follow, outcomeOf, type OnboardingHandle, type ShownOutcome } from '../../client/outcomes.js';
import { signalRetry } from '../../client/send-signal.js';
import type { Session } from '../../client/session.js';
import { assertSamePortal } from '../../client/start-onboarding.js';
import { retry as retrySignal } from '../../contract/onboarding.js';
import { batchKey, onboardingReasonKey, onboardingStateKey } from '../../contract/search-attributes.js';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { lacksAttributes } from '../../temporal/grpc-errors.js';
import { info, print, printJson } from '../../terminal/print.js';
import { withWaitNotice } from '../../terminal/wait-notice.js';
import { countOf, formatCount } from '../../utils/format-count.js';
import type { ServerContext } from '../command.js';
import type { Target } from '../flags.js';
import { exitCodeOf } from '../outcome-exit-code.js';
import { isOpen } from '../batch/status-batch.js';
import { showOutcome } from '../outcome-text.js';
import { waitReason } from '../step-progress.js';
import { waitForOutcome } from '../wait-for-outcome.js';
import { withSession } from '../with-session.js';

interface RetryOptions extends ServerContext {
  reason?: string | undefined;
}

const retriesAtOnce = 20;

/** The most outcomes to print. `--json` prints all. */
const maxShown = 20;

/** Resumes one onboarding that needs attention, those of a batch, or all, and waits until they have settled again. */
export function retry({ email, batch }: Target, flags: RetryOptions): Promise<ExitCode> {
  const { reason, json } = flags;
  return withSession({ flags, needsWorker: true }, async (session) => {
    if (email !== undefined) {
      const handle = await resume(session, email);
      return waitForOutcome(session, handle, outcomeOf(handle), { json });
    }
    await resumeBatches(session, batch, reason);
    const emails = await needingAttention(session, batch, reason);
    // The server may have deleted a batch whose people still wait.
    if (batch !== undefined && emails.length === 0) await isOpen(session, batchHandle(session, batch));
    const { outcomes, problems } = await resumeAll(session, emails);
    if (json) printJson(outcomes);
    else showAll(outcomes, { batch, reason });
    if (problems.length > 0) throw new Exit(exitCodes.failed, problems);
    return worstExitCode(outcomes);
  });
}

function showAll(
  outcomes: readonly ShownOutcome[],
  { batch, reason }: { batch: string | undefined; reason: string | undefined },
): void {
  for (const outcome of outcomes.slice(0, maxShown)) showOutcome(outcome);
  if (outcomes.length > maxShown) print(`… and ${formatCount(outcomes.length - maxShown)} more`);
  const onboarded = outcomes.filter(({ state }) => state === 'onboarded').length;
  const which = batch === undefined ? '' : ` of ${batch}`;
  const why = reason === undefined ? '' : ` because of ${reason}`;
  if (outcomes.length === 0) print(`No onboarding${which} needs attention${why}.`);
  else print(`${countOf(outcomes.length, 'onboarding')} resumed: ${formatCount(onboarded)} onboarded`);
}

function worstExitCode(outcomes: readonly ShownOutcome[]): ExitCode {
  const codes = new Set(outcomes.map((outcome) => exitCodeOf(outcome)));
  return [exitCodes.failed, exitCodes.attention].find((code) => codes.has(code)) ?? exitCodes.done;
}

/** Signals batches that the portal has paused. They continue by themselves, so this command does not wait for them. */
async function resumeBatches(session: Session, batch: string | undefined, reason: string | undefined): Promise<void> {
  const waiting = await openBatches(session, attentionQuery(reason));
  for (const id of batch === undefined ? waiting : waiting.filter((each) => each === batch)) {
    const sending = batchHandle(session, id).signal(retrySignal);
    if (!(await ifFound(sending.then(() => true)))) continue; // it has ended meanwhile
    info(`${id} continues. To follow it: npm run starter -- status --batch ${id} --watch`);
  }
}

function attentionQuery(reason: string | undefined, batch?: string): string {
  const conditions = [`${onboardingStateKey.name} = 'needs-attention'`];
  if (reason !== undefined) conditions.push(`${onboardingReasonKey.name} = '${reason}'`);
  if (batch !== undefined) conditions.push(`${batchKey.name} = '${batch}'`);
  return conditions.join(' AND ');
}

async function needingAttention(
  session: Session,
  batch: string | undefined,
  reason: string | undefined,
): Promise<string[]> {
  try {
    return (await openOnboardings(session, attentionQuery(reason, batch))).map(({ email }) => email);
  } catch (error) {
    if (!lacksAttributes(error)) throw error;
    throw new Exit(
      exitCodes.usage,
      `the namespace ${session.namespace} lacks the search attributes that find onboardings which need attention`,
      'Name one person, or have OnboardingState, OnboardingReason and Portal (Keyword) added to the namespace.',
    );
  }
}

interface Resumed {
  outcomes: ShownOutcome[];
  /** One for each onboarding that somebody ended meanwhile. */
  problems: string[];
}

/** Resumes onboardings, and waits until all have settled again. */
async function resumeAll(session: Session, emails: readonly string[]): Promise<Resumed> {
  const unsettled = new Map<string, ShownOutcome>();
  const problems: string[] = [];
  const resumeOne = async (email: string): Promise<ShownOutcome | typeof pMapSkip> => {
    try {
      const handle = await resume(session, email);
      const show = (outcome: ShownOutcome): void => void unsettled.set(email, outcome);
      return await follow(session, handle, outcomeOf(handle), show);
    } catch (error) {
      if (!(error instanceof Exit) || error.code !== exitCodes.failed) throw error;
      problems.push(...error.problems);
      return pMapSkip;
    } finally {
      unsettled.delete(email);
    }
  };
  const describe = (): string => {
    const [first] = unsettled.values();
    const waiting = `waiting for ${countOf(unsettled.size, 'onboarding')}`;
    return first ? `${waiting}, such as ${first.email}: ${waitReason(first)}` : waiting;
  };
  const outcomes = await withWaitNotice(describe, pMap(emails, resumeOne, { concurrency: retriesAtOnce }));
  return { outcomes, problems };
}

async function resume(session: Session, email: string): Promise<OnboardingHandle> {
  await assertSamePortal(session, email);
  const handle = await ifFound(signalRetry(session, email));
  if (handle) return handle;
  throw new Exit(exitCodes.failed, `no onboarding of ${email} is open, so there is nothing to retry`);
}
