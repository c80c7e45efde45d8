import type { FoundUser, GetUsersRequest } from '../contract/steps.js';
import { isMarkedBy } from '../domain/ownership-marker.js';
import { onboardingId } from '../contract/onboarding.js';
import type { Attempt, WorkerContext } from './attempt/run-attempt.js';

/** Reads the accounts of a group, in the order of the request; `null` if the portal shows no account. */
export async function getUsers(
  { portal }: WorkerContext,
  { people }: GetUsersRequest,
  attempt: Attempt,
): Promise<(FoundUser | null)[]> {
  attempt.assertCircuitClosed();
  const emails = people.map(({ email }) => email);
  const found = await portal.findByEmails(emails, attempt.signal);
  return people.map(({ email, onboardingId: id = onboardingId(email) }) => {
    const account = found.get(email);
    if (!account) return null;
    const { firstName, lastName, role, state, notes } = account;
    return {
      id: account.id,
      role,
      firstName,
      lastName,
      ...(state !== 'active' && { state }),
      ...(isMarkedBy(notes, id) && { isOurs: true }),
      ...(attempt.isReset && { isUnproven: true }),
    };
  });
}
