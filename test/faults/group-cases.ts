import type { AttentionReason } from '../../src/contract/attention-reasons.js';
import type { Fault } from '../../src/sandbox/faults/faults.js';

/** The matrix of the calls that an import makes for a group: each meets every fault that can halve, hide or delay it. */

export const groupCalls = {
  'look-up': 'GET /people/filter',
  create: 'POST /people',
  'read-back': 'GET /people/filter',
  'raise the roles': 'PUT /people/type/{type}',
} as const;

export type Call = keyof typeof groupCalls;

export interface GroupCase {
  call: Call;
  fault: string;
  does: Fault['does'];
  when: 'before' | 'after';
  times: number;
  /** Why the whole batch pauses, or one person needs attention, until somebody retries. */
  attention?: AttentionReason;
}

const headers = { 'content-type': 'application/json; charset=utf-8' };
const envelope = (status: number): Fault['does'] => ({
  kind: 'answer',
  status,
  headers,
  body: JSON.stringify({ error: { message: 'Nein', type: 'X', stack: '', hresult: 0 }, status: 1, statusCode: status }),
});

const one = (call: Call, fault: string, does: Fault['does'], more: Partial<GroupCase> = {}): GroupCase => {
  return { call, fault, does, when: 'before', times: 1, ...more };
};

const reads = ['look-up', 'read-back'] as const;
const writes = ['create', 'raise the roles'] as const;

export const groupCases: readonly GroupCase[] = [
  ...reads.flatMap((call) => [
    one(call, 'no answer at all', { kind: 'hang' }),
    one(call, '500 in the portal’s envelope', envelope(500)),
    one(call, 'a body cut off by a reset', { kind: 'cut', ends: 'reset' }),
    one(call, 'half of the JSON as if it were all', { kind: 'garbled' }),
    one(call, '429 with Retry-After', { kind: 'answer', status: 429, headers: { 'retry-after': '1' } }),
  ]),
  ...writes.flatMap((call) => [
    one(call, 'connection reset', { kind: 'reset' }),
    one(call, 'connection reset, after it was carried out', { kind: 'reset' }, { when: 'after' }),
    one(call, '500 in the portal’s envelope', envelope(500)),
    one(call, '500 in the portal’s envelope, after it was carried out', envelope(500), { when: 'after' }),
    one(call, 'half of the JSON as if it were all', { kind: 'garbled' }, { when: 'after' }),
    one(call, '429 with Retry-After', { kind: 'answer', status: 429, headers: { 'retry-after': '1' } }),
    one(call, '401', { kind: 'answer', status: 401 }, { attention: 'api-key' }),
  ]),
  one('create', 'the portal creates a RoomAdmin instead of a User', { kind: 'wrong-type', type: 'RoomAdmin' }),
  one('create', 'the account is written after the caller gave up', { kind: 'late', commitAfter: 6 }),
  one('raise the roles', '200 and nothing changed', { kind: 'ignored' }),
  one('raise the roles', '403 in the envelope, not applied', envelope(403)),
  one('raise the roles', '402 in the envelope, twice', envelope(402), { times: 2, attention: 'quota' }),
];

/** What else can happen during a call. It is no fault of the portal. */
export const groupEvents = {
  extraRow: { call: 'look-up', event: 'an extra row, whose e-mail only contains one in the file' },
  refusedId: { call: 'raise the roles', event: 'one id refused among many' },
} as const satisfies Record<string, { call: Call; event: string }>;

export const handedOver = 'a person is handed over to another command meanwhile';

/** The first look-up is passed on, so the fault meets the second one. */
export function groupFaultsOf({
  call,
  does,
  when,
  times,
}: Pick<GroupCase, 'call' | 'does' | 'when' | 'times'>): Fault[] {
  const fault: Fault = { route: groupCalls[call], when, times, does };
  const passed: Fault = { route: groupCalls[call], when: 'after', times: 1, does: { kind: 'huge', bytes: 1 } };
  return call === 'read-back' ? [passed, fault] : [fault];
}
