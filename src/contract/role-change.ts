import { parseRole, unknownRole } from '../domain/roles.js';
import type { RoleChangeEntry } from './onboarding.js';

const maxReasonLength = 200;

const maxRoleLength = 40;

/**
 * Parses a change as it was sent, which can be anything. A change that names no role is refused.
 *
 * @param guestProblem why the person cannot become a Guest
 */
export function parseRoleChange(change: unknown, by: string, at: string, guestProblem?: string): RoleChangeEntry {
  const isObject = typeof change === 'object' && change !== null;
  const { role: rawRole, reason }: { role?: unknown; reason?: unknown } = isObject ? change : { role: change };
  const shownReason = typeof reason === 'string' ? toOneLine(reason, maxReasonLength) : '';
  const metadata = { by, at, ...(shownReason && { reason: shownReason }) };
  const text = typeof rawRole === 'string' ? rawRole : typeof rawRole;
  const role = toOneLine(text, maxRoleLength);
  if (parseRole(role) === 'Guest' && guestProblem !== undefined)
    return { role, ...metadata, state: 'refused', message: guestProblem };
  if (typeof rawRole === 'string' && parseRole(role)) return { role, ...metadata, state: 'waiting' };
  return { role, ...metadata, state: 'refused', message: unknownRole(toOneLine(text, 2 * maxRoleLength)) };
}

/** `User → RoomAdmin (Manager)`, with the requested word in brackets if it is an alias. */
export function formatRoleChange({ role, from }: Pick<RoleChangeEntry, 'role' | 'from'>): string {
  return [from, formatRole(role)].filter(Boolean).join(' → ');
}

export function formatRole(word: string): string {
  const role = parseRole(word) ?? word;
  return role === word ? role : `${role} (${word})`;
}

/** Short, and without line breaks or control characters. */
function toOneLine(text: string, maxLength: number): string {
  return text
    .trimStart()
    .slice(0, maxLength)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trimEnd();
}

/** Replaces a payload that cannot be read. */
export const unreadablePayload = '(not JSON in the encoding json/plain)';
