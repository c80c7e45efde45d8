import { PortalError } from '../docspace/errors.js';
import type { Portal } from '../docspace/portal.js';
import { isAbove, parseRole, unknownRole, type Role, type ShownRole } from '../docspace/roles.js';
import type { Profile } from '../docspace/profile.js';
import { giveUp, needsAttention } from './failures.js';

export interface UpdateUserRoleRequest {
  portal: string;
  email: string;
  id: string;
  /** The role as it was asked for: the documented call takes the word as it is. */
  requested: string;
  /** What the step before has just read, which saves a call; never given where time may have passed. */
  shown?: ShownRole;
}

export interface UpdatedUserRole {
  /** What the portal showed before. */
  from: ShownRole;
  role: ShownRole;
  /** The call after which the portal showed the role; none where it showed it before. */
  by?: string;
}

/** What a worker has learned of its portal. */
export interface Learned {
  documentedRoleIgnored: boolean;
}

/** Makes the portal show the wanted role, and ends only when a profile read back does. */
export async function updateUserRole(
  portal: Portal,
  learned: Learned,
  request: UpdateUserRoleRequest,
  signal: AbortSignal,
): Promise<UpdatedUserRole> {
  const { id, requested } = request;
  const wanted = parseRole(requested);
  if (!wanted) throw giveUp(unknownRole(requested));

  const shown = request.shown === undefined || request.shown === wanted ? await read() : request.shown;
  if (shown === wanted) return { from: shown, role: shown };
  refuseToLower(shown, wanted);

  const by = (await askAsDocumented()) ?? (await askByType());
  const role = await read();
  if (role === wanted) return { from: shown, role, by };
  throw needsAttention(
    'role-not-applied',
    `the portal answered that it made this account a ${wanted}, and still shows ${role}`,
    'Set the role in the portal, then retry.',
  );

  async function read(): Promise<ShownRole> {
    return usable(await portal.getUser(id, signal), request.email).role;
  }

  /** The call of the documentation page. Every real portal today answers 200 and changes nothing. */
  async function askAsDocumented(): Promise<string | undefined> {
    if (learned.documentedRoleIgnored) return undefined;
    const profile = await portal.updateRole(id, requested, signal);
    if (profile.role === wanted) return 'PUT /people/{id}';
    learned.documentedRoleIgnored = true;
    return undefined;
  }

  /** The call that works. The same type twice is a 403, so that a refusal is read back before it is believed. */
  async function askByType(): Promise<string> {
    try {
      await portal.promote(id, wanted as Role, signal);
    } catch (error) {
      const refused = error instanceof PortalError && error.facts.status === 403 && error.facts.enveloped;
      if (!refused || (await read()) !== wanted) throw error;
    }
    return 'PUT /people/type/{type}';
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

/** Downwards is another, asynchronous call (docspace-api.md §3.4), which this program does not make yet. */
function refuseToLower(shown: ShownRole, wanted: Role): void {
  if (shown === 'Owner') {
    throw needsAttention('permission', 'this is the owner of the portal, who is never changed', 'Cancel this change.');
  }
  if (isAbove(shown, wanted)) {
    throw needsAttention(
      'role-not-applied',
      `the portal shows ${shown}, which is above ${wanted}, and roles are not lowered by this version`,
      `Lower the role to ${wanted} in the portal, then retry.`,
    );
  }
}
