import { PortalError } from '../docspace/errors.js';
import type { Portal } from '../docspace/portal.js';
import { classify } from '../docspace/verdict.js';
import type { ShownRole } from '../domain/roles.js';

/** What the owner of a key can do, within the permissions of the key. */
interface KeyRights {
  role: ShownRole;
  /** Empty if the key has no restrictions. */
  permissions: readonly string[];
}

/** What a person with the role can create (docspace-api.md §1.1 and §4). */
const canCreate: Record<ShownRole, string> = {
  Owner: 'every role',
  DocSpaceAdmin: 'every role except DocSpaceAdmin',
  RoomAdmin: 'Guests and Users, and no other role',
  User: 'nobody',
  Guest: 'nobody',
};

/** With one of these permissions, a key can make every call of an onboarding. */
const sufficient: ReadonlySet<string> = new Set(['*', '*:write', 'accounts:write']);

/** To add people to groups and rooms, a key also needs one permission of each line (docspace-api.md §11). */
const placePermissions = [
  ['accounts:read', '*:read', '*'],
  ['rooms:write', '*:write', '*'],
] as const;

/** A key without `accounts.self:read` may not read its owner, but every key may read itself. */
export async function readKeyRights(portal: Portal, signal: AbortSignal): Promise<KeyRights> {
  try {
    const { permissions, ownerId } = await portal.ownKey(signal);
    const { role } = await portal.getUser(ownerId, signal);
    return { role, permissions };
  } catch (error) {
    // Old portals lack that route.
    if (!(error instanceof PortalError && error.facts.status === 404)) throw error;
    return { role: (await portal.self(signal)).role, permissions: [] };
  }
}

interface RightsText {
  message: string;
  fix?: string;
  /** Whether the key can onboard anybody. */
  isEnough: boolean;
}

export function describeRights({ role, permissions }: KeyRights): RightsText {
  const isLimited = permissions.length > 0;
  const limit = isLimited ? `, and it has the permissions ${permissions.join(', ')}` : '';
  const message = `the key belongs to a person with the role ${role}${limit}: `;
  if (isLimited && !permissions.some((permission) => sufficient.has(permission))) {
    const fix = 'use a key with the permissions accounts:read and accounts:write, and rooms:write for rooms';
    return { message: `${message}it cannot change roles`, fix, isEnough: false };
  }
  const text = `${message}it can create ${canCreate[role]}`;
  if (role === 'User' || role === 'Guest')
    return { message: text, fix: 'use the key of an administrator', isEnough: false };
  const lacking = placePermissions.flatMap((names) =>
    names.some((name) => permissions.includes(name)) ? [] : names[0],
  );
  if (isLimited && lacking.length > 0)
    return { message: text, fix: `for groups and rooms, the key also needs ${lacking.join(' and ')}`, isEnough: true };
  if (role !== 'Owner') return { message: text, isEnough: true };
  return { message: text, fix: "a DocSpaceAdmin's key is enough, unless you create DocSpaceAdmins", isEnough: true };
}

/** A problem with the API key that an operator has to fix. A portal that is down is not one: steps are retried. */
export async function checkApiKey(portal: Portal, timeoutMs: number): Promise<string | undefined> {
  try {
    const { message, isEnough } = describeRights(await readKeyRights(portal, AbortSignal.timeout(timeoutMs)));
    return isEnough ? undefined : message;
  } catch (error) {
    if (!(error instanceof PortalError)) throw error;
    const verdict = classify(error.facts, portal.origin);
    return verdict.kind === 'needs attention' ? verdict.message : undefined;
  }
}
