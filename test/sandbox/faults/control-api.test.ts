import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import { ask, newcomer, remove, shown } from '../call-portal.js';

let portal: TestPortal;

beforeEach(async () => {
  portal = await TestPortal.start();
});

afterEach(() => portal.close());

it('the summary counts answers by route and status, lost calls, 429s and duplicate e-mails', async () => {
  const email = 'twice@example.com';
  const route = 'POST /people';
  const does = { kind: 'statement', statement: 'account', disturbed: 'timeout', ends: 'reset' } as const;
  await portal.faults({ route, times: 1, does });
  await ask(portal, route, newcomer({ email })).catch(() => undefined);
  await ask(portal, route, newcomer({ email }));
  await ask(portal, route, newcomer({ email }));
  await portal.release();
  await portal.limits({ perWindow: 1, window: 3_600_000 });
  await ask(portal, 'GET /people/@self');
  await ask(portal, 'GET /people/@self');
  const { from, to, ...summary } = await portal.summary();
  expect(summary).toEqual({
    calls: { [route]: { lost: 1, 200: 1, 400: 1 }, 'GET /people/@self': { 200: 1, 429: 1 } },
    limited: 1,
    duplicates: [email],
    people: 7,
  });
  expect(to).toBeGreaterThanOrEqual(from ?? Infinity);
});

it('the ledger selects lines by phase, route, status and person', async () => {
  const { email, id } = await shown(portal, 'POST /people/active', newcomer({ type: 'User' }));
  await ask(portal, `GET /people/${id}`);
  await ask(portal, `GET /people/email?email=${email}`);
  const answered = { phase: 'answered', status: '200' };
  expect(await portal.ledger({ ...answered, about: email })).toHaveLength(2);
  expect(await portal.ledger({ ...answered, route: 'GET /people/{id}' })).toMatchObject([{ about: id }]);
  expect(await portal.ledger({ ...answered, since: '3', about: email })).toHaveLength(1);
});

it('the latency delays the change and the answer', async () => {
  await portal.latency(200);
  await ask(portal, 'GET /people/@self');
  const [received, committed, answered] = await portal.ledger();
  expect([received, committed, answered].map((line) => line?.phase)).toEqual(['received', 'committed', 'answered']);
  // A timer may be a millisecond early by this clock.
  expect((committed?.at ?? 0) - (received?.at ?? 0)).toBeGreaterThanOrEqual(99);
  expect((answered?.at ?? 0) - (committed?.at ?? 0)).toBeGreaterThanOrEqual(99);
});

it('a user name gets the lowest free number', async () => {
  const names = [];
  for (const host of ['a', 'b', 'c'])
    names.push(await shown(portal, 'POST /people', newcomer({ email: `x@${host}.eu` })));
  expect(names.map(({ userName }) => userName)).toEqual(['x', 'x1', 'x2']);
  await remove(portal, names[1] as { id: string });
  expect(await shown(portal, 'POST /people', newcomer({ email: 'x@d.eu' }))).toMatchObject({ userName: 'x1' });
  expect(await shown(portal, 'POST /people', newcomer({ email: 'x@e.eu' }))).toMatchObject({ userName: 'x3' });
});
