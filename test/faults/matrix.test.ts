import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnboardingHandle } from '../../src/client/outcomes.js';
import type { Fault } from '../../src/sandbox/faults/faults.js';
import { changeRole, retry, untilSettled, type Outcome } from '../../src/contract/onboarding.js';
import { TestPortal } from '../support/portal.js';
import { TestTemporal } from '../support/temporal.js';
import { cases, isPlaceStep, routes, type Case } from './cases.js';
import { page } from './page.js';

/** The same code as in production, with shorter times, in milliseconds. */
const timeoutMs = 700;
const settleWindow = 1_500;

interface Place {
  portal: TestPortal;
  temporal: TestTemporal;
}

/** A portal like every real one, and one that does what the API page says. */
let real: Place;
let documented: Place;
let evil: Server;
let evilCalls = 0;

beforeAll(async () => {
  evil = createServer((_, response) => {
    evilCalls++;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(evil, 'listening');
  [real, documented] = await Promise.all([open(false), open(true)]);
});

afterAll(async () => {
  for (const { portal, temporal } of [real, documented]) {
    await temporal.stop();
    await portal.close();
  }
  evil.close();
});

async function open(documentedRole: boolean): Promise<Place> {
  const portal = await TestPortal.start({ documentedRole });
  const temporal = await TestTemporal.start(portal.as('owner', { timeoutMs }), settleWindow);
  // The worker learns whether its portal applies the documented call, and that it keeps notes.
  await onboarded(await temporal.start(person(portal, 'first@example.com', 'RoomAdmin')));
  await portal.raw('POST', '/group', { groupName: group });
  await portal.raw('POST', '/files/rooms', { title: room, roomType: 5 });
  await portal.faults(...cases.map(ruleOf));
  return { portal, temporal };
}

const [group, room] = ['Teachers', 'Library'];

const person = (portal: TestPortal, email: string, role: string) => {
  return { email, firstName: 'Jane', lastName: 'Roe', role, portal: portal.url, lookUpBeforeCreate: false };
};
/** The group that the person joins: a new one if the fault meets its creation. */
const groupOf = (each: Case): string => (each.step === 'create group' ? `New ${cases.indexOf(each)}` : group);
const emailOf = (each: Case): string => `case${cases.indexOf(each)}@example.com`;

/** Each fault meets one person only, so all cases can run at once. */
function ruleOf(each: Case): Fault {
  const { rule, step, route = routes[step] } = each;
  const { port } = evil.address() as AddressInfo;
  const does = JSON.parse(JSON.stringify(rule.does).replace('{evil}', `http://127.0.0.1:${port}/`)) as Fault['does'];
  return { ...rule, route, about: step === 'create group' ? groupOf(each) : emailOf(each), does };
}

function onboarded(handle: OnboardingHandle): Promise<Outcome> {
  return handle.executeUpdate(untilSettled);
}

async function run(each: Case): Promise<void> {
  const { portal, temporal } = each.step === 'update role, documented' ? documented : real;
  const down = each.step === 'update role, down';
  const up = each.step.startsWith('update role') && !down;
  const wanted = up ? 'RoomAdmin' : 'User';
  const hasPlaces = isPlaceStep(each.step) || each.step === 'create group';
  const places = hasPlaces ? { groups: [groupOf(each)], rooms: [`${room}: Read`], createGroups: true } : {};
  const input = person(portal, emailOf(each), down || up ? 'RoomAdmin' : 'User');
  const handle = await temporal.start({ ...input, ...places });
  let outcome = await onboarded(handle);
  if (down) {
    await handle.signal(changeRole, 'User');
    outcome = await onboarded(handle);
  }
  if (each.attention) {
    expect(outcome).toMatchObject({ state: 'needs-attention', attention: { reason: each.attention } });
    await handle.signal(retry);
    outcome = await onboarded(handle);
  }

  const created = each.rule.does.kind !== 'lost-race'; // the other create made the account
  expect(outcome).toMatchObject({ state: 'onboarded', role: wanted, created, attention: null });
  expect(await portal.withEmail(emailOf(each))).toMatchObject([{ type: wanted }]);
  if (hasPlaces) {
    expect(outcome).toMatchObject({ groups: [{ state: 'joined' }], rooms: [{ state: 'entered', shown: 'Read' }] });
    expect(await placesAt(portal, outcome)).toEqual([[groupOf(each)], 2]);
    const groups = await portal.as().places.groupsLike(groupOf(each));
    expect(groups.filter(({ name }) => name === groupOf(each))).toHaveLength(1);
  }
  const { times = 1 } = each.rule;
  expect((await portal.fired())[cases.indexOf(each)]).toBe(times);
  expect(await postsOf(portal, each)).toBeLessThanOrEqual(times + 1);
  expect(evilCalls).toBe(0);
  const { events } = await handle.fetchHistory();
  const attempts = events?.map(({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? 0) ?? [];
  if (!each.attention && !hasPlaces && isRetried(each)) expect(Math.max(...attempts)).toBeGreaterThan(1);
}

/** Some faults are handled within the attempt: by a read-back, or because the client sends a read again after a reset. */
function isRetried({ step, rule: { does }, route, fault }: Case): boolean {
  const isRead = step === 'get' || route?.startsWith('GET') === true;
  const isReadBack = ['wrong-type', 'lost-race'].includes(does.kind) || fault.includes('although it was applied');
  return !isReadBack && !(isRead && does.kind === 'reset');
}

/** The names of the person's groups, and the access to the room, as the portal shows them. */
async function placesAt(portal: TestPortal, { userId, email }: Outcome): Promise<[string[], number | undefined]> {
  const [groups, rows] = await Promise.all(
    [`/group/user/${userId}`, `/files/rooms/1/share?filterValue=${email}`].map(async (path) => {
      const answer = await portal.raw('GET', path);
      return ((await answer.json()) as { response: { name: string; access: number }[] }).response;
    }),
  );
  return [groups!.map(({ name }) => name), rows![0]?.access];
}

async function postsOf(portal: TestPortal, each: Case): Promise<number> {
  const lines = (await portal.ledger()).filter(({ route, phase }) => route === 'POST /people' && phase === 'received');
  return lines.filter(({ about }) => about === emailOf(each)).length;
}

describe('a fault that concerns one call', () => {
  it.concurrent.each(cases.filter(({ alone }) => !alone).map((each) => [each.step, each.fault, each] as const))(
    '%s: %s',
    async (_step, _fault, each) => run(each),
  );
});

describe('a fault that concerns the whole portal, or counts its calls', () => {
  it.each(cases.filter(({ alone }) => alone).map((each) => [each.step, each.fault, each] as const))(
    '%s: %s',
    async (_step, _fault, each) => run(each),
  );
});

it('docs/faults.md lists these cases', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/faults.md');
});
