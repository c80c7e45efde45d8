import { setTimeout as delay } from 'node:timers/promises';
import { withoutAddresses } from '../docspace/http/envelope.js';
import { PortalError } from '../docspace/errors.js';
import type { Portal } from '../docspace/portal.js';
import { isAbove, isPaid, parseRole, unknownRole, type Role, type ShownRole } from '../domain/roles.js';
import type { Profile } from '../docspace/profile.js';
import { giveUp, needsAttention } from './failures.js';
import type { PortalTraits } from './portal-traits.js';
import type { Attempt } from './attempt/run-attempt.js';
import type { UpdateUserRoleRequest, UpdatedUserRole } from '../contract/steps.js';

/** Attempts after which an account that the portal does not show is taken for gone, and not for late. */
const patience = 4;

/** Makes the portal show the wanted role, and ends only when a profile read back does. */
export async function updateUserRole(
  portal: Portal,
  learned: PortalTraits,
  request: UpdateUserRoleRequest,
  attempt: Attempt,
): Promise<UpdatedUserRole> {
  const { id, requestedRole } = request;
  const { signal } = attempt;
  const wanted = parseRole(requestedRole);
  if (!wanted) throw giveUp(unknownRole(requestedRole));
  attempt.assertCircuitClosed();

  const justRead = attempt.number === 1 ? request.lastProfileRole : undefined;
  const shown = justRead === undefined || justRead === wanted ? await read() : justRead;
  if (shown === wanted) return { from: shown, role: shown };
  refuseToTouch(shown, wanted, request.allowDemotion);

  const call = (await askAsDocumented(wanted)) ?? (await askByType(wanted));
  const role = await read();
  if (role === wanted) return { from: shown, role, call };
  throw needsAttention(
    'role-not-applied',
    `the portal answered that it made this account a ${wanted}, and still shows ${role}`,
    'Set the role in the portal, then retry.',
  );

  async function read(): Promise<ShownRole> {
    try {
      return usable(await portal.getUser(id, signal), request.email).role;
    } catch (error) {
      const gone = error instanceof PortalError && error.facts.status === 404 && error.facts.isPortalResponse;
      if (!gone || attempt.number < patience) throw error;
      throw needsAttention(
        'conflict',
        'the account is no longer at the portal',
        'Somebody deleted it. Cancel this onboarding, and start a new one if the person is to have an account.',
      );
    }
  }

  /** The call of the documentation page. Every real portal today answers 200 and changes nothing. */
  async function askAsDocumented(to: Role): Promise<string | undefined> {
    if (learned.documentedRoleIgnored) return undefined;
    const profile = await portal.updateRole(id, requestedRole, attempt);
    if (profile.role === to) return 'PUT /people/{id}';
    learned.documentedRoleIgnored = true;
    return undefined;
  }

  /** The calls that work. The same type twice is a 403, so that a refusal is read back before it is believed. */
  async function askByType(to: Role): Promise<string> {
    // Down to a free role the portal works on its own; from DocSpaceAdmin to RoomAdmin it does not (docspace-api.md §3.3, §3.4).
    const down = isAbove(shown, to) && !isPaid(to);
    try {
      if (down) await lower(to);
      else await portal.promote(id, to, attempt);
    } catch (error) {
      const refused = error instanceof PortalError && (error.facts.status === 403 || error.facts.status === 400);
      if (!refused || !error.facts.isPortalResponse || (await read()) !== to) throw error;
    }
    return down ? 'POST /people/type' : 'PUT /people/type/{type}';
  }

  /** Asks for less, and asks how far the portal is until its job is done: its failure is only a text in a 200. */
  async function lower(to: Role): Promise<void> {
    let job = await portal.demote(id, to, attempt);
    for (let pause = 100; job && !job.isCompleted && !job.error; pause = Math.min(pause * 2, 2_000)) {
      await delay(pause, undefined, { signal });
      job = await portal.demotionProgress(id, signal);
    }
    if (!job?.error) return;
    throw needsAttention(
      'role-not-applied',
      `the portal could not lower the role: ${withoutAddresses(job.error)}`,
      'Mend that in the portal, or use the key of somebody with more rights, then retry.',
    );
  }
}

function usable(profile: Profile, email: string): Profile {
  if (profile.email === email && profile.state === 'active') return profile;
  throw needsAttention(
    'conflict',
    profile.state === 'active' ? 'the profile at the portal has another e-mail' : `the account is ${profile.state}`,
    'Look at the account in the portal, then retry or cancel.',
  );
}

/** The owner is never touched, and nobody loses a role by an onboarding that found the account there. */
function refuseToTouch(shown: ShownRole, wanted: Role, allowDemotion: boolean): void {
  if (shown === 'Owner') {
    throw needsAttention('permission', 'this is the owner of the portal, who is never changed', 'Cancel this change.');
  }
  if (allowDemotion || !isAbove(shown, wanted)) return;
  throw needsAttention(
    'role-not-applied',
    `the account was there before, as ${shown}, which is above ${wanted}; such a role is not lowered by an onboarding`,
    `Send the role ${wanted} as a change where it is meant, or start with --allow-demotion.`,
  );
}
