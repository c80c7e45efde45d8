import type { RoleChangeEntry } from '../../contract/onboarding.js';
import type { AuditEntry } from './audit.js';
import { formatRoleChange } from '../../contract/role-change.js';

const widths = { at: 20, change: 31, state: 11, confirmed: 20 } as const;

/** The heads of a table of role changes. Its columns have one width for all, so that rows can be printed as they come. */
export const changesHead = columns('when', 'role', 'became', 'shown at', 'who, and why');

export function rowOfChange(entry: AuditEntry | RoleChangeEntry): string {
  const { by, reason, state, message, at, confirmedAt } = entry;
  const why = message ?? (reason && `“${reason}”`);
  return columns(
    timeOf(at),
    formatRoleChange(entry),
    state,
    timeOf(confirmedAt),
    [nameOf(by), why].filter(Boolean).join('  '),
  );
}

/** A role change in a line of its own. */
export function sentenceOf(change: RoleChangeEntry): string {
  const { state, by, at, reason, message, confirmedAt } = change;
  const facts = [
    `${message ?? formatRoleChange(change)} – ${state}${confirmedAt ? ` ${timeOf(confirmedAt)}` : ''}`,
    `sent ${timeOf(at)} by ${nameOf(by)}`,
    reason && `“${reason}”`,
  ];
  return facts.filter(Boolean).join(', ');
}

function columns(at: string, change: string, state: string, confirmed: string, rest: string): string {
  const { at: first, change: second, state: third, confirmed: fourth } = widths;
  return `${at.padEnd(first)}  ${change.padEnd(second)}  ${state.padEnd(third)}  ${confirmed.padEnd(fourth)}  ${rest}`;
}

/** The Web UI gives no name where nobody logs in to it. */
function nameOf(by: string): string {
  return by.replaceAll(/\p{Cc}/gu, ' ') || 'no name, as from the Web UI';
}

/** To the second. */
function timeOf(at: string | undefined): string {
  return at === undefined ? '' : `${at.slice(0, 19)}Z`;
}
