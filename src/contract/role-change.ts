import { parseRole, unknownRole } from '../domain/roles.js';
import type { RoleChangeEntry } from './onboarding.js';

const reasonLimit = 200;

const wordLimit = 40;

/** What the audit keeps of a change as it was sent; it is refused where it names no role. */
export function parseRoleChange(change: unknown, by: string, at: string): RoleChangeEntry {
  const { role: word, reason } = isObject(change) ? change : { role: change, reason: undefined };
  const why = typeof reason === 'string' ? oneLine(reason, reasonLimit) : '';
  const sent = { by, at, ...(why && { reason: why }) };
  const shown = typeof word === 'string' ? word : typeof word;
  const role = oneLine(shown, wordLimit);
  if (typeof word === 'string' && parseRole(role)) return { role, ...sent, state: 'waiting' };
  return { role, ...sent, state: 'refused', message: unknownRole(oneLine(shown, 2 * wordLimit)) };
}

/** What a change is about, for people: `User → RoomAdmin (Manager)`, what was sent in brackets where it is another word. */
export function formatRoleChange({ role, from }: Pick<RoleChangeEntry, 'role' | 'from'>): string {
  return [from, formatRole(role)].filter(Boolean).join(' → ');
}

export function formatRole(word: string): string {
  const role = parseRole(word) ?? word;
  return role === word ? role : `${role} (${word})`;
}

/** Short, and nothing in it that a terminal or a list would take for its own. */
function oneLine(text: string, limit: number): string {
  return text
    .trimStart()
    .slice(0, limit)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trimEnd();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Stands for what cannot be read. */
export const unreadablePayload = '(not JSON in the encoding json/plain)';
