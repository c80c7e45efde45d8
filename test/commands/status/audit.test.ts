import { defaultPayloadConverter } from '@temporalio/common';
import { msNumberToTs } from '@temporalio/common/lib/time.js';
import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../../src/client/run-history.js';
import { Audit, type AuditEntry, type Decode } from '../../../src/commands/status/audit.js';
import type { OnboardingInput } from '../../../src/contract/onboarding.js';

/** What the audit makes of a history, event by event; that real histories are like these is seen in history.test.ts. */

const payloads = (value: unknown) => ({ payloads: [defaultPayloadConverter.toPayload(value) ?? {}] });
const decode: Decode = async (given) => defaultPayloadConverter.fromPayload(given?.payloads?.[0] ?? {});

type Step =
  | ['start', Partial<OnboardingInput>?]
  | ['ask', unknown]
  | ['signal', string]
  | ['places', unknown]
  | ['takeOver', unknown]
  | ['begin', string]
  | ['run', string]
  | ['returned', unknown]
  | ['created', unknown]
  | ['done', string, string]
  | ['fail']
  | ['task']
  | ['end']
  | ['continue'];

let eventId = 0;

function eventOf(step: Step): HistoryEvent {
  const common = { eventId: ++eventId as never, eventTime: msNumberToTs(eventId) };
  switch (step[0]) {
    case 'start':
      return { ...common, workflowExecutionStartedEventAttributes: { input: payloads(step[1] ?? {}) } };
    case 'ask':
      return { ...common, workflowExecutionSignaledEventAttributes: { signalName: 'changeRole', identity: 'ann', input: payloads(step[1]) } }; // prettier-ignore
    case 'signal':
      return { ...common, workflowExecutionSignaledEventAttributes: { signalName: step[1] } };
    case 'places':
      return { ...common, workflowExecutionSignaledEventAttributes: { signalName: 'changePlaces', identity: 'ann', input: payloads(step[1]) } }; // prettier-ignore
    case 'takeOver':
      return { ...common, workflowExecutionSignaledEventAttributes: { signalName: 'takeOver', input: payloads(step[1]) } }; // prettier-ignore
    case 'run':
      return {
        ...common,
        activityTaskScheduledEventAttributes: { activityType: { name: step[1] }, input: payloads({}) },
      };
    case 'returned':
      return { ...common, activityTaskCompletedEventAttributes: { scheduledEventId: begunAt as never, result: payloads(step[1]) } }; // prettier-ignore
    case 'created':
      return { ...common, childWorkflowExecutionCompletedEventAttributes: { result: payloads(step[1]) } };
    case 'begin':
      return { ...common, activityTaskScheduledEventAttributes: { activityType: { name: 'updateUserRole' }, input: payloads({ requestedRole: step[1] }) } }; // prettier-ignore
    case 'done':
      return { ...common, activityTaskCompletedEventAttributes: { scheduledEventId: begunAt as never, result: payloads({ from: step[1], role: step[2] }) } }; // prettier-ignore
    case 'fail':
      return { ...common, activityTaskFailedEventAttributes: { scheduledEventId: begunAt as never } };
    case 'task':
      return { ...common, workflowTaskStartedEventAttributes: {} };
    case 'end':
      return { ...common, workflowExecutionFailedEventAttributes: {} };
    case 'continue':
      return { ...common, workflowExecutionContinuedAsNewEventAttributes: {} };
  }
}

let begunAt = 0;

async function auditOf(steps: readonly Step[]): Promise<string[]> {
  const audit = new Audit(decode);
  const entries: AuditEntry[] = [];
  for (const step of steps) {
    const event = eventOf(step);
    if (step[0] === 'begin' || step[0] === 'run') begunAt = eventId;
    entries.push(...(await audit.handle(event, 'run')));
  }
  entries.push(...audit.rest());
  return entries.map((entry) => {
    if (!('change' in entry)) return [entry.from, entry.role, entry.state].filter(Boolean).join(' ');
    const { change, place, access, state, shown, message } = entry;
    return [change, place, access, state, shown, message].filter(Boolean).join(' ');
  });
}

describe('of a history, the audit shows that a change', () => {
  it.each<[string, Step[], string[]]>([
    [
      'was applied',
      [
        ['ask', 'RoomAdmin'],
        ['begin', 'RoomAdmin'],
        ['done', 'User', 'RoomAdmin'],
      ],
      ['User RoomAdmin applied'],
    ],
    [
      'under another name was applied',
      [
        ['ask', 'Manager'],
        ['begin', 'Manager'],
        ['done', 'User', 'RoomAdmin'],
      ],
      ['User Manager applied'],
    ],
    [
      'is being applied',
      [
        ['ask', 'RoomAdmin'],
        ['begin', 'RoomAdmin'],
      ],
      ['RoomAdmin applying'],
    ],
    ['waits before there is an account', [['start'], ['ask', 'RoomAdmin']], ['RoomAdmin waiting']],
    [
      'was overtaken before its update',
      [
        ['ask', 'User'],
        ['ask', 'RoomAdmin'],
        ['begin', 'RoomAdmin'],
        ['done', 'User', 'RoomAdmin'],
      ],
      ['User superseded', 'User RoomAdmin applied'],
    ],
    [
      'that comes during an update is applied next',
      [
        ['ask', 'User'],
        ['begin', 'User'],
        ['ask', 'Guest'],
        ['done', 'RoomAdmin', 'User'],
        ['begin', 'Guest'],
        ['done', 'User', 'Guest'],
      ],
      ['RoomAdmin User applied', 'User Guest applied'],
    ],
    [
      'that repeats the update at work is applied with it',
      [
        ['ask', 'User'],
        ['begin', 'User'],
        ['ask', 'user'],
        ['done', 'Guest', 'User'],
      ],
      ['Guest User applied', 'Guest user applied'],
    ],
    [
      'that arrived after the end of the update, but before its workflow task, is applied with it',
      [['ask', 'User'], ['begin', 'User'], ['done', 'Guest', 'User'], ['ask', 'user'], ['task']],
      ['Guest User applied', 'Guest user applied'],
    ],
    [
      'to the role that onboard requested is applied after it, because it may lower the role',
      [
        ['start', { role: 'User' }],
        ['begin', 'User'],
        ['ask', 'User'],
        ['done', 'RoomAdmin', 'RoomAdmin'],
        ['begin', 'User'],
        ['done', 'RoomAdmin', 'User'],
      ],
      ['RoomAdmin User applied'],
    ],
    [
      'was overtaken while its update failed',
      [
        ['ask', 'RoomAdmin'],
        ['begin', 'RoomAdmin'],
        ['ask', 'User'],
        ['fail'],
        ['begin', 'User'],
        ['done', 'User', 'User'],
      ],
      ['RoomAdmin superseded', 'User User applied'],
    ],
    [
      'whose update failed waits, and is applied when that is tried again',
      [['ask', 'RoomAdmin'], ['begin', 'RoomAdmin'], ['fail'], ['begin', 'RoomAdmin'], ['done', 'User', 'RoomAdmin']],
      ['User RoomAdmin applied'],
    ],
    [
      'that came back to the role at work does not undo it',
      [
        ['ask', 'User'],
        ['begin', 'User'],
        ['ask', 'Guest'],
        ['ask', 'User'],
        ['ask', 'RoomAdmin'],
        ['done', 'Guest', 'User'],
        ['begin', 'RoomAdmin'],
        ['done', 'User', 'RoomAdmin'],
      ],
      ['Guest User applied', 'Guest superseded', 'User superseded', 'User RoomAdmin applied'],
    ],
    [
      'was refused, and hinders no other',
      [
        ['ask', 'Emperor'],
        ['ask', 'User'],
        ['ask', 7],
        ['begin', 'User'],
        ['done', 'Guest', 'User'],
      ],
      ['Emperor refused', 'Guest User applied', 'number refused'],
    ],
    ['was not applied before its run ended', [['ask', 'User'], ['begin', 'User'], ['end']], ['User not-applied']],
    [
      'was taken on by the next run',
      [
        ['ask', 'User'],
        ['continue'],
        ['start', { continued: {} as never }],
        ['begin', 'User'],
        ['done', 'Guest', 'User'],
      ],
      ['Guest User applied'],
    ],
    [
      'is known from a run that the server no longer has',
      [
        [
          'start',
          {
            continued: {
              requestedRole: 'User',
              isRolePending: true,
              roleBeingApplied: '',
              hasRoleChange: true,
              roleChanges: [
                { role: 'Guest', by: 'bob', at: '', state: 'superseded' },
                { role: 'User', by: 'bob', at: '', state: 'waiting' },
              ],
            } as never,
          },
        ],
        ['begin', 'User'],
        ['done', 'Guest', 'User'],
      ],
      ['Guest superseded', 'Guest User applied'],
    ],
    [
      'is not every signal',
      [
        ['signal', 'retry'],
        ['signal', 'somethingElse'],
      ],
      [],
    ],
  ])('%s', async (_, steps, expected) => {
    expect(await auditOf(steps)).toEqual(expected);
  });
});

describe('of a history, the audit shows that a request for a place', () => {
  const a = { id: 'a', name: '5a' };
  const library = { id: '1', title: 'Library', access: 'Read' };
  const find = (groups: object[], rooms: object[] = []): Step[] => [
    ['run', 'findPlaces'],
    ['returned', { found: { groups, rooms } }],
  ];
  const findA = find([{ asked: '5a', ...a }]);
  const findLibrary = find([], [{ asked: 'Library', id: '1', name: 'Library', type: 2 }]);
  const joined = (state: string, more?: object): Step[] => [
    ['run', 'joinGroups'],
    ['returned', { groups: [{ ...a, state, ...more }] }],
  ];
  const entered = (shown: string, state: string): Step[] => [
    ['run', 'enterRooms'],
    ['returned', { rooms: [{ ...library, shown, state }] }],
  ];
  const problem = { reason: 'group-not-applied', message: 'it is not shown', hint: '' };

  it.each<[string, Step[], string[]]>([
    ['of a new onboarding was reached', [['start', { groups: ['5a'] }], ...findA, ...joined('joined')], ['join 5a joined']], // prettier-ignore
    ['of an import is listed by the import', [['start', { groups: ['5a'], chunk: 'batch:1:0' }], ...findA, ...joined('joined')], []], // prettier-ignore
    ['came before the reminder of an import', [['start', {}], ['takeOver', { chunk: 'batch:1:0', groups: ['5a'] }], ['places', { leave: ['5a'] }], ...findA, ...joined('left'), ['takeOver', { chunk: 'batch:1:0', groups: ['5a'], isReminder: true }], ['ask', 'Guest']], ['leave 5a left', 'Guest waiting']], // prettier-ignore
    ['waits for its look-up', [['places', { leave: ['5a'] }], ['task']], ['leave 5a waiting']],
    ['named no group', [['places', { join: ['x'] }], ...find([{ asked: 'x', id: '', name: 'x', message: 'no group' }])], ['join x refused no group']], // prettier-ignore
    ['made a new group', [['start', { groups: ['5a'], createGroups: true }], ...find([{ asked: '5a', id: '', name: '5a', message: 'no group', isMissing: true }]), ['task'], ['created', { asked: '5a', ...a }], ...joined('joined')], ['join 5a joined']], // prettier-ignore
    ['was refused for a Guest', [['start', { role: 'Guest' }], ['places', { join: ['5a'] }], ...findA], ['join 5a refused a Guest cannot be in a group']], // prettier-ignore
    ['kept a higher access', [['places', { enter: ['Library: Read'] }], ...findLibrary, ...entered('Editing', 'kept-higher')], ['enter Library Read kept-higher Editing']], // prettier-ignore
    ['was replaced by a later one', [['places', { join: ['5a'] }], ['places', { leave: ['5a'] }], ...findA, ...joined('left')], ['join 5a superseded', 'leave 5a left']], // prettier-ignore
    ['came during the look-up of an earlier one', [['places', { join: ['5a'] }], ['run', 'findPlaces'], ['places', { leave: ['5a'] }], ['returned', { found: { groups: [{ asked: '5a', ...a }], rooms: [] } }], ...joined('joined'), ['task']], ['join 5a joined', 'leave 5a waiting']], // prettier-ignore
    ['failed', [['places', { join: ['5a'] }], ...findA, ...joined('failed', { problem })], ['join 5a failed it is not shown']], // prettier-ignore
    ['was reached by a retry', [['places', { join: ['5a'] }], ...findA, ...joined('failed', { problem }), ...joined('joined')], ['join 5a joined']], // prettier-ignore
    [
      'was not reached before its run ended',
      [['places', { join: ['5a'] }], ...findA, ['end']],
      ['join 5a not-applied'],
    ],
    ['is taken on by the next run', [['places', { join: ['5a'] }], ['continue'], ['start', { continued: { placeRequests: [{ join: ['5a'] }], groups: [] } as never }], ...findA, ...joined('joined')], ['join 5a joined']], // prettier-ignore
    ['is listed between role changes', [['ask', 'Emperor'], ['places', { join: ['5a'] }], ['ask', 'Emperor'], ...findA, ...joined('joined')], ['Emperor refused', 'join 5a joined', 'Emperor refused']], // prettier-ignore
    ['keeps the person from becoming a Guest', [['places', { join: ['5a'] }], ...findA, ['ask', 'Guest'], ...joined('joined')], ['join 5a joined', 'Guest refused']], // prettier-ignore
    [
      'can be anything',
      [
        ['places', 7],
        ['places', { join: 'x', enter: ['Library'] }],
      ],
      [],
    ],
  ])('%s', async (_, steps, expected) => {
    expect(await auditOf(steps)).toEqual(expected);
  });
});

describe('ten thousand changes', () => {
  const roles = ['RoomAdmin', 'Guest', 'DocSpaceAdmin', 'User'];

  it('are yielded as soon as they are decided', async () => {
    const audit = new Audit(decode);
    let kept = 0;
    for (let sent = 1; sent <= 10_000; sent++) {
      kept +=
        1 - (await audit.handle(eventOf(['ask', { role: roles[sent % 4], reason: 'x'.repeat(500) }]), 'run')).length;
      expect(kept).toBeLessThanOrEqual(1);
    }
    expect(audit.rest()).toMatchObject([{ state: 'waiting', reason: expect.stringMatching(/^x{200}$/) }]);
  });

  it('for the same role wait together', async () => {
    const audit = new Audit(decode);
    for (let sent = 0; sent < 10_000; sent++) expect(await audit.handle(eventOf(['ask', 'User']), 'run')).toEqual([]);
    const begin = eventOf(['begin', 'User']);
    begunAt = eventId;
    await audit.handle(begin, 'run');
    await audit.handle(eventOf(['done', 'Guest', 'User']), 'run');
    expect(await audit.handle(eventOf(['task']), 'run')).toHaveLength(10_000);
  });
});
