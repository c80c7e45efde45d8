import type { Attempt, WorkerContext } from './attempt/run-attempt.js';
import type { SendActivationMailRequest } from '../contract/steps.js';

/**
 * Mails a link that activates the account and sets its password. After an unclear create nobody knows whether the
 * activation mail was sent, and no profile shows it. `PUT /people/invite` does not replace it: the portal refuses the
 * link in its mail for every account that has a password (docspace-api.md, section R).
 */
export async function sendActivationMail(
  { portal }: WorkerContext,
  { email }: SendActivationMailRequest,
  attempt: Attempt,
): Promise<void> {
  attempt.assertCircuitClosed();
  await portal.sendPasswordMail(email, attempt.writeBounds);
}
