import { WorkflowNotFoundError } from '@temporalio/client';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { closedOutcome, exitCodeOf, follow } from '../../client/outcomes.js';
import type { ServerContext } from '../command.js';
import { printJson, info } from '../../terminal/print.js';
import { withSession } from '../with-session.js';
import { showOutcome } from '../outcome-text.js';
import { assertSamePortal, onboardingHandle } from '../../client/start-onboarding.js';

/** Makes no further write; what the portal already has stays, and is printed. */
export function cancel(email: string, flags: ServerContext): Promise<ExitCode> {
  return withSession({ flags, needsWorker: false }, async (session) => {
    await assertSamePortal(session, email);
    const handle = onboardingHandle(session, email);
    try {
      await handle.cancel();
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw new Exit(exitCodes.failed, `no onboarding of ${email} is open, so that there is nothing to cancel`);
    }
    const outcome = await follow(session, handle, closedOutcome(handle), () => undefined);
    if (flags.json) printJson(outcome);
    else showOutcome(outcome);
    if (outcome.state !== 'cancelled') info('It was over before it could be cancelled.');
    return outcome.state === 'cancelled' ? exitCodes.done : exitCodeOf(outcome);
  });
}
