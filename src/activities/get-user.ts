import { differingName } from '../domain/person-name.js';
import { needsAttention, permanent } from './failures.js';
import type { Attempt, WorkerContext } from './attempt/run-attempt.js';
import type { CreatedUser, GetUserRequest, UpdatedUserRole } from '../contract/steps.js';

/** Reads the profile, and checks that it belongs to the same person. */
export async function getUser(
  { portal }: WorkerContext,
  request: GetUserRequest,
  attempt: Attempt,
): Promise<Pick<CreatedUser, 'id' | 'role'> & Pick<UpdatedUserRole, 'otherName'>> {
  attempt.assertCircuitClosed();
  const { signal } = attempt;
  const { id, email } = request;
  const profile = id === undefined ? await portal.findByEmail(email, signal) : await portal.getUser(id, signal);
  if (!profile) throw permanent('there is no account with this e-mail at the portal');
  if (profile.email !== email) {
    throw needsAttention(
      'conflict',
      'the account at the portal has another e-mail',
      'Somebody changed its e-mail. Compare it in the portal, then retry or cancel.',
    );
  }
  return { id: profile.id, role: profile.role, ...differingName(request, profile) };
}
