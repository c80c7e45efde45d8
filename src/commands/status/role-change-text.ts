import type { RoleChangeEntry } from '../../contract/onboarding.js';
import { formatRoleChange } from '../../contract/role-change.js';
import { localTime } from '../../terminal/local-time.js';
import type { AuditEntry } from './audit.js';

/** A role change on two lines of 80 columns: when, what and the result; then who, why and the confirmation. */
export function roleChangeLines(entry: AuditEntry): string {
  const { at, state, confirmedAt, message, reason } = entry;
  const change = `${localTime(at)}  ${formatRoleChange(entry).padEnd(38)}  ${state}`;
  const details = [
    `by ${senderOf(entry)}`,
    message,
    reason && `“${reason}”`,
    confirmedAt && `the portal showed it at ${localTime(confirmedAt)}`,
  ];
  return `${change}\n  ${details.filter(Boolean).join('\n  ')}`;
}

/** A role change on one line. */
export function roleChangeSentence(change: RoleChangeEntry): string {
  const { state, at, confirmedAt } = change;
  const result = `${change.message ?? formatRoleChange(change)} – ${state}${confirmedAt ? ` ${localTime(confirmedAt)}` : ''}`;
  const reason = change.reason && `“${change.reason}”`;
  return [result, `sent ${localTime(at)} by ${senderOf(change)}`, reason].filter(Boolean).join(', ');
}

/** The Web UI sends no name if people do not sign in to it. */
function senderOf({ by }: Pick<RoleChangeEntry, 'by'>): string {
  return by.replaceAll(/\p{Cc}/gu, ' ') || 'somebody without a name, such as the Web UI';
}
