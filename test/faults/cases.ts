import type { Fault } from '../../src/sandbox/faults/faults.js';
import type { AttentionReason } from '../../src/contract/attention-reasons.js';
import { disturbances } from './statements.js';

/** The matrix of faults: what can happen to a call of a step, and how the onboarding ends. `docs/faults.md` lists it. */

export type Step =
  'create group' | 'create' | 'get' | 'update role, up' | 'update role, down' | 'update role, documented' | PlaceStep;

/** The steps of the people who also get a group and a room. */
type PlaceStep = 'join groups' | 'enter rooms';

/** The call that the fault meets. */
export const routes: Record<Step, string> = {
  'create group': 'POST /group',
  create: 'POST /people',
  get: 'GET /people/{id}',
  'update role, up': 'PUT /people/type/{type}',
  'update role, down': 'POST /people/type',
  // On a portal that applies the role as the API page says.
  'update role, documented': 'PUT /people/{id}',
  'join groups': 'PUT /group/{id}',
  'enter rooms': 'PUT /files/rooms/{id}/share',
};

export const isPlaceStep = (step: Step): step is PlaceStep => step === 'join groups' || step === 'enter rooms';

export interface Case {
  step: Step;
  /** As the page names it. */
  fault: string;
  rule: Omit<Fault, 'route' | 'about'>;
  /** If the fault meets another call than its step's. */
  route?: string;
  /** It concerns everybody at the portal, or counts everybody's calls, so no other case runs at the same time. */
  alone: boolean;
  /** Why it needs attention. After `retry`, and in every other case by itself, the onboarding succeeds. */
  attention?: AttentionReason;
}

const json = { 'content-type': 'application/json; charset=utf-8' };
const html = { 'content-type': 'text/html' };
const error = (status: number): string =>
  JSON.stringify({ error: { message: 'Nein', type: 'X', stack: '', hresult: 0 }, status: 1, statusCode: status });

type Does = Fault['does'];
const answer = (status: number, headers: Record<string, string>, body: string): Does => ({
  kind: 'answer',
  status,
  headers,
  body,
});

/** Faults that may pass: instead of the call, or instead of its answer after the portal has carried it out. */
const passing: [string, Does][] = [
  ['connection reset', { kind: 'reset' }],
  ['no response', { kind: 'hang' }],
  ['a response that never ends', { kind: 'slow' }],
  ['500 in the portal’s envelope', answer(500, json, error(500))],
  ['502 with the page of a proxy', answer(502, html, '<html>Bad Gateway</html>')],
  ['503 with Retry-After', answer(503, { 'retry-after': '1' }, '')],
  ['200 with an error in the envelope', answer(200, json, error(500))],
  ['200 with an empty body', answer(200, json, '')],
  ['204', answer(204, {}, '')],
  ['a body cut off by a reset', { kind: 'cut', ends: 'reset' }],
  ['a body that ends early', { kind: 'cut', ends: 'fin' }],
  ['half of the JSON in a complete response', { kind: 'garbled' }],
  ['a body of 3 MB', { kind: 'huge' }],
  ['a body that unpacks to 100 MB', { kind: 'bomb' }],
  ['the profile of somebody else', { kind: 'other-profile' }],
];

/** Answers to a call that was certainly not carried out. */
const limited: [string, Does][] = [
  ['429 with Retry-After', answer(429, { 'retry-after': '1' }, '')],
  ['429 of the concurrency limiter', answer(429, { 'x-ratelimit-limit': '15' }, '')],
];

/** One such answer may come from anything between worker and portal, and stops nothing. */
const bare: [string, Does][] = [
  ['403 with an empty body, once', answer(403, {}, '')],
  ['404 with an empty body, once', answer(404, {}, '')],
];

/** Answers that need attention and concern the whole portal. */
const wide: [string, AttentionReason, Does, times?: number][] = [
  ['401', 'api-key', answer(401, {}, '')],
  ['402 with an empty body', 'quota', answer(402, {}, '')],
  ['403 with an empty body, twice', 'permission', answer(403, {}, ''), 2],
  ['404 with an empty body, twice', 'not-a-portal', answer(404, {}, ''), 2],
  ['a login page', 'not-a-portal', answer(200, html, '<html>Log in</html>')],
  ['somebody else’s JSON', 'not-a-portal', answer(200, json, '{"ok":true}')],
  ['a redirect to another host', 'not-a-portal', answer(307, { location: '{evil}' }, '')],
];

/** The group of an onboarding with `createGroups` meets fewer faults, because the create of an account has the same rule. */
const steps = (Object.keys(routes) as Step[]).filter((step) => step !== 'create group');
const writes = steps.filter((step) => step !== 'get');
/** What concerns the whole portal or the body of any answer is handled in one place for all steps. */
const accountSteps = steps.filter((step) => !isPlaceStep(step));
const isOfBody = ({ kind }: Does): boolean => ['slow', 'cut', 'garbled', 'huge', 'bomb'].includes(kind);
const passingIn = (step: Step): [string, Does][] => passing.filter(([, does]) => !isPlaceStep(step) || !isOfBody(does));
const notApplied = { 'join groups': 'group-not-applied', 'enter rooms': 'room-not-applied' } as const;

const once = (step: Step, fault: string, rule: Case['rule'], more: Partial<Case> = {}): Case => ({
  step,
  fault,
  rule: { times: 1, ...rule },
  alone: false,
  ...more,
});

/** Faults that only one of the calls can meet. */
const special: Case[] = [
  ...(
    [
      ['row', 'password'],
      ['password', 'mail'],
      ['mail', 'group'],
    ] as const
  ).flatMap(([after, statement]) =>
    (['answer', 'reset'] as const).map((ends) =>
      once(
        'create',
        `the portal fails after the ${after} and ${ends === 'answer' ? 'answers 500' : 'resets'}, and leaves a RoomAdmin`,
        {
          does: { kind: 'statement', statement, disturbed: 'before', ends },
        },
      ),
    ),
  ),
  once(
    'create',
    'the account is written after the caller gave up',
    { does: { kind: 'late', commitAfter: 2 } },
    { alone: true },
  ),
  once(
    'create',
    'the same, after the portal has checked that nobody has the e-mail',
    {
      does: { kind: 'statement', statement: 'account', disturbed: 'timeout', ends: 'reset', reads: 2 },
    },
    { alone: true },
  ),
  once('create', 'the portal creates a RoomAdmin instead of a User', {
    does: { kind: 'wrong-type', type: 'RoomAdmin' },
  }),
  once('create', 'the same, and its answer shows a User', {
    does: { kind: 'wrong-type', type: 'RoomAdmin', shows: 'asked' },
  }),
  once('create', '403 in the envelope', { does: answer(403, json, error(403)) }),
  once(
    'create',
    '403 in the envelope, four times',
    { times: 4, does: answer(403, json, error(403)) },
    { attention: 'permission', alone: true },
  ),
  ...(['already registered', 'Duplicate UserName', 'Duplicate Email', 'User already exist.'] as const).map((text) =>
    once('create', `another create of this person wins the race, with "${text}"`, {
      does: { kind: 'lost-race', answer: text },
    }),
  ),
  once('create', '402 in the envelope', { does: answer(402, json, error(402)) }, { attention: 'quota', alone: true }),
  once(
    'get',
    'the portal does not show the new account for three reads',
    { does: { kind: 'lag', reads: 3 } },
    { route: 'POST /people' },
  ),
  once('get', '403 in the envelope', { does: answer(403, json, error(403)) }, { attention: 'permission' }),
  once('update role, up', '200 without a change', { does: { kind: 'ignored' } }, { attention: 'role-not-applied' }),
  once('update role, up', '402 in the envelope', { does: answer(402, json, error(402)) }, { attention: 'quota' }),
  once(
    'update role, up',
    '403 in the envelope, not applied',
    { does: answer(403, json, error(403)) },
    { attention: 'permission' },
  ),
  once('update role, up', '403 in the envelope, although it was applied', {
    when: 'after',
    does: answer(403, json, error(403)),
  }),
  once('update role, down', 'the job fails', { does: { kind: 'job-fails' } }),
  once(
    'update role, down',
    'the job fails three times',
    { times: 3, does: { kind: 'job-fails' } },
    { attention: 'role-not-applied' },
  ),
  once('update role, down', '200 without a change', { does: { kind: 'ignored' } }),
  once(
    'update role, down',
    '200 without a change, three times',
    { times: 3, does: { kind: 'ignored' } },
    { attention: 'role-not-applied' },
  ),
  once(
    'update role, down',
    'the connection is reset while the job is polled',
    { does: { kind: 'reset' } },
    { route: 'GET /people/type/progress/{id}' },
  ),
  once(
    'update role, down',
    'a poll of the job answers 500',
    { does: answer(500, json, error(500)) },
    { route: 'GET /people/type/progress/{id}' },
  ),
  once(
    'update role, down',
    '403 in the envelope, not applied',
    { does: answer(403, json, error(403)) },
    { attention: 'permission' },
  ),
];

/** A call for a group or a room is one statement for each person. */
const ofPlaces: Case[] = (
  [
    ['join groups', 'member'],
    ['enter rooms', 'share'],
  ] as const
).flatMap(([step, statement]) => [
  once(step, '200 and nothing changed', { does: { kind: 'ignored' } }, { attention: notApplied[step] }),
  once(step, '404 in the envelope', { does: answer(404, json, error(404)) }, { attention: 'place-gone' }),
  once(step, '403 in the envelope, not applied', { does: answer(403, json, error(403)) }, { attention: 'permission' }),
  ...Object.entries(disturbances).map(([disturbed, { text, fault }]) =>
    once(step, `its statement ${text}`, {
      does: { kind: 'statement', statement, disturbed: disturbed as keyof typeof disturbances, ...fault },
    }),
  ),
]);

const ofNewGroups: Case[] = [
  ...passing
    .filter(([fault]) => ['connection reset', 'no response', '500 in the portal’s envelope', '204'].includes(fault))
    .flatMap(([fault, does]) => [
      once('create group', fault, { does }),
      once('create group', `${fault}, after it was carried out`, { when: 'after', does }),
    ]),
  ...limited.map(([fault, does]) => once('create group', fault, { does })),
  once('create group', '403 in the envelope', { does: answer(403, json, error(403)) }, { attention: 'permission' }),
  once(
    'create group',
    'the group is written after the caller gave up',
    { does: { kind: 'late', commitAfter: 2 } },
    { alone: true },
  ),
];

/** The whole portal goes down for longer than the first retries wait. */
const down: Case[] = accountSteps.flatMap((step) =>
  (['before', 'after'] as const)
    .filter((when) => when === 'before' || step !== 'get')
    .map((when) =>
      once(
        step,
        `connections refused for a while${when === 'after' ? ', after it was carried out' : ''}`,
        { when, does: { kind: 'refused', milliseconds: 1_200 } },
        { alone: true },
      ),
    ),
);

export const cases: Case[] = [
  ...steps.flatMap((step) =>
    [...passingIn(step), ...limited].map(([fault, does]) => {
      // Every 200 for a place is read back. If it shows no change, the place needs attention.
      const hasNoEffect = isPlaceStep(step) && does.kind === 'other-profile';
      return once(step, fault, { when: 'before', does }, hasNoEffect ? { attention: notApplied[step] } : {});
    }),
  ),
  ...writes.flatMap((step) =>
    passingIn(step).map(([fault, does]) => once(step, `${fault}, after it was carried out`, { when: 'after', does })),
  ),
  ...special,
  ...ofPlaces,
  ...ofNewGroups,
  ...down,
  ...accountSteps.flatMap((step) =>
    bare.map(([fault, does]) => once(step, fault, { when: 'before', does }, { alone: true })),
  ),
  ...accountSteps.flatMap((step) =>
    wide.map(([fault, attention, does, times = 1]) =>
      once(step, fault, { times, when: 'before', does }, { attention, alone: true }),
    ),
  ),
];
