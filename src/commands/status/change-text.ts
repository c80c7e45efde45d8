import type { RoleChangeEntry } from '../../contract/onboarding.js';
import { formatRoleChange } from '../../contract/role-change.js';
import { formatRoomRequest } from '../../domain/place-names.js';
import { localTime } from '../../terminal/local-time.js';
import type { AuditEntry } from './audit.js';
import type { PlaceEntry } from './place-log.js';

/** A change on two lines of 80 columns: when, what and the result; then who, why and the confirmation. */
export function changeLines(entry: AuditEntry): string {
  const { at, state, confirmedAt, message } = entry;
  const isOfPlace = 'change' in entry;
  const what = isOfPlace ? placeChange(entry) : formatRoleChange(entry);
  const details = [
    `by ${senderOf(entry)}`,
    message,
    !isOfPlace && entry.reason && `“${entry.reason}”`,
    confirmedAt && `the portal showed ${shownInstead(entry) ?? 'it'} at ${localTime(confirmedAt)}`,
  ];
  return `${localTime(at)}  ${what.padEnd(38)}  ${state}\n  ${details.filter(Boolean).join('\n  ')}`;
}

function placeChange({ change, place, access }: PlaceEntry): string {
  return `${change} ${access ? formatRoomRequest({ room: place, access }) : place}`;
}

/** The access that the portal keeps instead of the requested one. */
function shownInstead(entry: AuditEntry): string | undefined {
  return 'change' in entry && entry.state === 'kept-higher' ? entry.shown : undefined;
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
