import { Context } from '@temporalio/activity';
import { PortalError } from '../docspace/errors.js';
import type { Portal } from '../docspace/portal.js';
import type { Profile } from '../docspace/profile.js';
import { parseRole, type ShownRole } from '../docspace/roles.js';
import { giveUp, needsAttention } from './failures.js';
import { isMarkedBy, markerOf } from './marker.js';

export interface CreateUserRequest {
  portal: string;
  /** The id of the onboarding, which marks the account as its own. */
  onboardingId: string;
  email: string;
  firstName: string;
  lastName: string;
  role: string;
  existing: 'fail' | 'adopt';
  mail: boolean;
}

export interface CreatedUser {
  id: string;
  role: ShownRole;
  /** Whether this onboarding made the account. */
  created: boolean;
}

/**
 * Creates the account with the least right, so that a crash before the next step leaves nobody with too many: a portal
 * that is told no type makes a paid RoomAdmin (docspace-api.md §1.1).
 *
 * A create is not idempotent at the portal. The first attempt posts at once; any later one, and any answer that may mean
 * "already there", looks the e-mail up first.
 */
export async function createUser(
  portal: Portal,
  request: CreateUserRequest,
  signal: AbortSignal,
): Promise<CreatedUser> {
  if (Context.current().info.attempt > 1) {
    const account = await portal.findByEmail(request.email, signal);
    if (account) return taken(account, request);
  }
  try {
    return checked(await post(portal, request, signal), request);
  } catch (error) {
    if (!mayMeanAlreadyThere(error)) throw error;
    const account = await portal.findByEmail(request.email, signal);
    if (account) return taken(account, request);
    throw error;
  }
}

function post(portal: Portal, request: CreateUserRequest, signal: AbortSignal): Promise<Profile> {
  const { firstName, lastName, email, mail, onboardingId } = request;
  const comment = markerOf(onboardingId, Context.current().info.workflowExecution?.runId ?? '');
  const guest = parseRole(request.role) === 'Guest';
  const user = { firstName, lastName, email, type: guest ? ('Guest' as const) : ('User' as const), comment };
  return guest || !mail ? portal.createUserWithoutMail(user, signal) : portal.createUser(user, signal);
}

/** A portal says "already there" as a 400, older ones as a 500; never matched by its text, which is localised. */
function mayMeanAlreadyThere(error: unknown): boolean {
  if (!(error instanceof PortalError)) return false;
  const { status, enveloped } = error.facts;
  return enveloped === true && (status === 400 || status === 403 || status === 500);
}

function taken(account: Profile, request: CreateUserRequest): CreatedUser {
  const ours = isMarkedBy(account.notes, request.onboardingId);
  const { id, role } = checked(account, request);
  if (ours) return { id, role, created: true };
  if (role === parseRole(request.role) || request.existing === 'adopt') return { id, role, created: false };
  throw giveUp(
    `an account with this e-mail exists already, as ${role}, and was not made by this onboarding; to go on with it, use --existing adopt`,
  );
}

/** An account that is not this person's, or that the portal has disabled or merely invited, is never used. */
function checked(account: Profile, { email }: { email: string }): CreatedUser {
  if (account.email !== email) {
    throw needsAttention(
      'conflict',
      'the portal answers with the account of another e-mail',
      'Look for accounts whose e-mail differs only in case or accents, and mend them in the portal, then retry.',
    );
  }
  if (account.state !== 'active') {
    throw needsAttention(
      'conflict',
      `the account with this e-mail is ${account.state}`,
      'Enable or delete it in the portal, then retry: this program revives nobody.',
    );
  }
  return { id: account.id, role: account.role, created: true };
}
