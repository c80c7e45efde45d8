import { takeFromChunks } from '../client/chunks.js';
import { outcomeOf, type OnboardingHandle, type ShownOutcome } from '../client/outcomes.js';
import type { Session } from '../client/session.js';
import { assertSamePortal } from '../client/start-onboarding.js';
import { warnIfNoWorker } from '../client/workers.js';
import { exitCodes, type ExitCode } from '../program/exit.js';
import { info, printJson } from '../terminal/print.js';
import type { ServerContext } from './command.js';
import { waitForOutcome } from './wait-for-outcome.js';
import { withSession } from './with-session.js';

export interface ChangeOptions extends ServerContext {
  detach?: true | undefined;
}

/** Sends a change to the person's onboarding, and waits until the portal shows it. */
export function sendChange(
  email: string,
  flags: ChangeOptions,
  send: (session: Session) => Promise<OnboardingHandle>,
  check: (outcome: ShownOutcome) => void,
): Promise<ExitCode> {
  const { json, detach } = flags;
  return withSession({ flags, needsWorker: true }, async (session) => {
    await assertSamePortal(session, email);
    await takeFromChunks(session, email);
    const handle = await send(session);
    if (!detach) return waitForOutcome(session, handle, outcomeOf(handle), { json, check });
    if (json) printJson({ email, workflowId: handle.workflowId, portal: session.portal });
    info(`Sent. \`npm run starter -- status ${email}\` shows the result.`);
    await warnIfNoWorker(session);
    return exitCodes.done;
  });
}
