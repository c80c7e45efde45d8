import { WorkflowNotFoundError } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { onboardingReasonKey, onboardingStateKey } from '../../contract/search-attributes.js';
import { forEachConcurrently } from '../../utils/for-each-concurrently.js';
import { retry as retrySignal } from '../../contract/onboarding.js';
import { batchHandle, openBatches } from '../../client/batches.js';
import { openOnboardings } from '../../client/list-onboardings.js';
import { lacksAttributes } from '../../temporal/grpc-errors.js';
import { exitCodeOf, follow, outcomeOf, type ShownOutcome } from '../../client/outcomes.js';
import type { ServerContext } from '../command.js';
import { signalWithRetry } from '../../client/send-signal.js';
import { print, printJson, info } from '../../terminal/print.js';
import { withSession } from '../with-session.js';
import { showOutcome } from '../outcome-text.js';
import { assertSamePortal, onboardingHandle } from '../../client/start-onboarding.js';
import { formatCount } from '../../utils/format-count.js';
import type { Session } from '../../client/session.js';

/** So many are released at once, and so many of their outcomes are printed; `--json` has them all. */
const releasedAtOnce = 20;
const listed = 20;

interface RetryOptions extends ServerContext {
  all?: true | undefined;
  reason?: string | undefined;
}

/** Releases one parked onboarding, or all, or all of a reason, and waits until they are settled again. */
export function retry(email: string | undefined, flags: RetryOptions): Promise<ExitCode> {
  const { all, reason, json } = flags;
  return withSession({ flags, needsWorker: true }, async (session) => {
    const emails = email === undefined ? await parked(session, reason) : [email];
    if (email === undefined) await releaseBatches(session, reason);
    const outcomes: ShownOutcome[] = [];
    await forEachConcurrently(releasedAtOnce, emails, async (each) => void outcomes.push(await release(session, each)));
    if (json) printJson(email === undefined ? outcomes : outcomes[0]);
    else {
      for (const outcome of outcomes.slice(0, listed)) showOutcome(outcome);
      if (outcomes.length > listed) print(`… and ${formatCount(outcomes.length - listed)} more`);
      const onboarded = outcomes.filter(({ state }) => state === 'onboarded').length;
      if (all) print(`${formatCount(outcomes.length)} released, ${formatCount(onboarded)} of them onboarded`);
    }
    const codes = outcomes.map((outcome) => exitCodeOf(outcome));
    return (
      codes.find((code) => code === exitCodes.failed) ?? codes.find((code) => code !== exitCodes.done) ?? exitCodes.done
    );
  });
}

/** Batches in which everybody waits for the portal: they go on by themselves, and their own command shows it. */
async function releaseBatches(session: Session, reason: string | undefined): Promise<void> {
  for (const id of await openBatches(session, whoWaits(reason))) {
    await batchHandle(session, id).signal(retrySignal);
    info(`${id} goes on; look at it with \`npm run starter -- status --batch ${id}\`.`);
  }
}

function whoWaits(reason: string | undefined): string {
  const waits = `${onboardingStateKey.name} = 'needs-attention'`;
  return reason === undefined ? waits : `${waits} AND ${onboardingReasonKey.name} = '${reason}'`;
}

async function parked(session: Session, reason: string | undefined): Promise<string[]> {
  try {
    return (await openOnboardings(session, whoWaits(reason))).map(({ email }) => email);
  } catch (error) {
    if (!lacksAttributes(error)) throw error;
    throw new Exit(
      exitCodes.usage,
      `the namespace ${session.namespace} lacks the search attributes by which those that wait are found`,
      'Name one person, or have OnboardingState, OnboardingReason and Portal (Keyword) added to the namespace.',
    );
  }
}

async function release(session: Session, email: string): Promise<ShownOutcome> {
  await assertSamePortal(session, email);
  const handle = onboardingHandle(session, email);
  try {
    await signalWithRetry(session, email, () => handle.signal(retrySignal));
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new Exit(exitCodes.failed, `no onboarding of ${email} is open, so that there is nothing to release`);
  }
  return follow(session, handle, outcomeOf(handle, randomUUID()), () => undefined);
}
