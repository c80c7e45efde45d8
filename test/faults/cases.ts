import type { Fault } from '../../src/sandbox/faults/faults.js';
import type { AttentionReason } from '../../src/contract/attention-reasons.js';

/** The matrix: every fault that can reach a call of a step, and how the onboarding ends. `docs/faults.md` shows it. */

export type Step = 'create' | 'get' | 'update role, up' | 'update role, down' | 'update role, documented';

/** The call of each step that the fault meets. */
export const routes: Record<Step, string> = {
  create: 'POST /people',
  get: 'GET /people/{id}',
  'update role, up': 'PUT /people/type/{type}',
  'update role, down': 'POST /people/type',
  // On a portal that applies the role as the documentation page claims.
  'update role, documented': 'PUT /people/{id}',
};

export interface Case {
  step: Step;
  /** In words, for people. */
  fault: string;
  rule: Omit<Fault, 'route' | 'about'>;
  /** Where the fault meets another call than its step's. */
  route?: string;
  /** It concerns everybody at the portal, or counts the calls of all: such cases run one after the other. */
  alone: boolean;
  /** The reason it waits for a person; released, every case ends onboarded. Without one it gets there by itself. */
  parks?: AttentionReason;
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

/** What may pass by itself: instead of the call, and instead of its answer once the portal has carried it out. */
const passing: [string, Does][] = [
  ['connection reset', { kind: 'reset' }],
  ['no answer at all', { kind: 'hang' }],
  ['an answer that never ends', { kind: 'slow' }],
  ['500 in the portal’s envelope', answer(500, json, error(500))],
  ['502 with a page of a proxy', answer(502, html, '<html>Bad Gateway</html>')],
  ['503 with Retry-After', answer(503, { 'retry-after': '1' }, '')],
  ['200 with an error in it', answer(200, json, error(500))],
  ['200 with nothing in it', answer(200, json, '')],
  ['204', answer(204, {}, '')],
  ['a body cut off by a reset', { kind: 'cut', ends: 'reset' }],
  ['a body cut off by an end', { kind: 'cut', ends: 'fin' }],
  ['half of the JSON as if it were all', { kind: 'garbled' }],
  ['a body of 3 MB', { kind: 'huge' }],
  ['a body that unpacks to 100 MB', { kind: 'bomb' }],
  ['the profile of somebody else', { kind: 'other-profile' }],
];

/** What says that the call was not carried out. */
const limited: [string, Does][] = [
  ['429 with Retry-After', answer(429, { 'retry-after': '1' }, '')],
  ['429 of the concurrency limiter', answer(429, { 'x-ratelimit-limit': '15' }, '')],
];

/** What needs a person, and concerns the whole portal. */
const wide: [string, AttentionReason, Does][] = [
  ['401', 'api-key', answer(401, {}, '')],
  ['402 with an empty body', 'quota', answer(402, {}, '')],
  ['403 with an empty body', 'permission', answer(403, {}, '')],
  ['404 with an empty body', 'not-a-portal', answer(404, {}, '')],
  ['a login page', 'not-a-portal', answer(200, html, '<html>Log in</html>')],
  ['somebody else’s JSON', 'not-a-portal', answer(200, json, '{"ok":true}')],
  ['a redirect to another host', 'not-a-portal', answer(307, { location: '{evil}' }, '')],
];

const steps = Object.keys(routes) as Step[];
const writes = steps.filter((step) => step !== 'get');

const quiet = (step: Step, fault: string, rule: Case['rule'], more: Partial<Case> = {}): Case => ({
  step,
  fault,
  rule: { times: 1, ...rule },
  alone: false,
  ...more,
});

/** What only one of the calls can meet. */
const special: Case[] = [
  ...(
    [
      ['row', 'password'],
      ['password', 'mail'],
      ['mail', 'group'],
    ] as const
  ).flatMap(([after, statement]) =>
    (['answer', 'reset'] as const).map((ends) =>
      quiet(
        'create',
        `the portal stops after the ${after} and ${ends === 'answer' ? 'answers 500' : 'resets'}: a RoomAdmin is left`,
        {
          does: { kind: 'statement', statement, disturbed: 'before', ends },
        },
      ),
    ),
  ),
  quiet(
    'create',
    'a commit that comes after the caller gave up',
    { does: { kind: 'late', commitAfter: 2 } },
    { alone: true },
  ),
  quiet(
    'create',
    'the same, with the check for the e-mail made before',
    {
      does: { kind: 'statement', statement: 'account', disturbed: 'timeout', ends: 'reset', reads: 2 },
    },
    { alone: true },
  ),
  quiet('create', 'a RoomAdmin is made though a User was asked for', {
    does: { kind: 'wrong-type', type: 'RoomAdmin' },
  }),
  quiet('create', 'the same, and the answer shows a User', {
    does: { kind: 'wrong-type', type: 'RoomAdmin', shows: 'asked' },
  }),
  quiet('create', '403 in the envelope', { does: answer(403, json, error(403)) }, { parks: 'permission', alone: true }),
  quiet('create', '402 in the envelope', { does: answer(402, json, error(402)) }, { parks: 'quota', alone: true }),
  quiet(
    'get',
    'the new account is not shown for three reads',
    { does: { kind: 'lag', reads: 3 } },
    { route: 'POST /people' },
  ),
  quiet('get', '403 in the envelope', { does: answer(403, json, error(403)) }, { parks: 'permission' }),
  quiet('update role, up', '200 and nothing changed', { does: { kind: 'ignored' } }, { parks: 'role-not-applied' }),
  quiet('update role, up', '402 in the envelope', { does: answer(402, json, error(402)) }, { parks: 'quota' }),
  quiet(
    'update role, up',
    '403 in the envelope, not applied',
    { does: answer(403, json, error(403)) },
    { parks: 'permission' },
  ),
  quiet('update role, up', '403 in the envelope, applied all the same', {
    when: 'after',
    does: answer(403, json, error(403)),
  }),
  quiet(
    'update role, down',
    'the job of the portal fails',
    { does: { kind: 'job-fails', error: 'No' } },
    { parks: 'role-not-applied' },
  ),
  quiet('update role, down', '200 and nothing changed', { does: { kind: 'ignored' } }, { parks: 'role-not-applied' }),
  quiet(
    'update role, down',
    'the progress is asked, and the connection reset',
    { does: { kind: 'reset' } },
    { route: 'GET /people/type/progress/{id}' },
  ),
  quiet(
    'update role, down',
    'the progress is asked, and 500 answered',
    { does: answer(500, json, error(500)) },
    { route: 'GET /people/type/progress/{id}' },
  ),
  quiet(
    'update role, down',
    '403 in the envelope, not applied',
    { does: answer(403, json, error(403)) },
    { parks: 'permission' },
  ),
];

/** The whole portal goes down for longer than the first retries wait. */
const down: Case[] = steps.flatMap((step) =>
  (['before', 'after'] as const)
    .filter((when) => when === 'before' || step !== 'get')
    .map((when) =>
      quiet(
        step,
        `connections refused for a while${when === 'after' ? ', after it was carried out' : ''}`,
        { when, does: { kind: 'refused', milliseconds: 1_200 } },
        { alone: true },
      ),
    ),
);

export const cases: Case[] = [
  ...steps.flatMap((step) =>
    [...passing, ...limited].map(([fault, does]) => quiet(step, fault, { when: 'before', does })),
  ),
  ...writes.flatMap((step) =>
    passing.map(([fault, does]) => quiet(step, `${fault}, after it was carried out`, { when: 'after', does })),
  ),
  ...special,
  ...down,
  ...steps.flatMap((step) =>
    wide.map(([fault, parks, does]) => quiet(step, fault, { when: 'before', does }, { parks, alone: true })),
  ),
];

/** The table for people, made of the cases that are run. */
export function table(): string {
  const rows = cases.map(
    ({ step, fault, parks }) =>
      `| ${step} | ${fault} | ${parks ? `waits for a person (\`${parks}\`); released, one account with the wanted role` : 'by itself: one account with the wanted role'} |`,
  );
  return [
    '# Faults, and how an onboarding ends',
    '',
    'Made from the cases of `test/faults/cases.ts` by `npm run test:faults -- -u`; the tests fail where the two disagree.',
    'Each runs through the real client over a real socket, and a workflow on a real Temporal server; the portal’s own ledger is',
    'asked at the end. "After it was carried out" means that the portal did what was asked, and the caller did not hear of it.',
    '',
    '| step | fault | ends |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
