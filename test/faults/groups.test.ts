import { describe, expect, it } from 'vitest';
import { idOfBatch, startBatch } from '../../src/client/start-batch.js';
import { batchStatus, type BatchOutcome } from '../../src/contract/batch.js';
import { onboardingId, retry } from '../../src/contract/onboarding.js';
import type { Person } from '../../src/people/person.js';
import { importTwice } from '../support/imports.js';
import { setupPortalAndWorker } from '../support/scene.js';
import type { TestPortal } from '../support/portal.js';
import type { TestTemporal } from '../support/temporal.js';
import { groupCases, groupFaultsOf, type GroupCase } from './group-cases.js';

/** The same code as in production, with shorter times, in milliseconds. */
const timeoutMs = 700;
const settleWindow = 1_500;

let portal: TestPortal;
let temporal: TestTemporal;
setupPortalAndWorker('nobody', (context) => ({ portal, temporal } = context), { settleWindow, timeoutMs });

const options = { existing: 'fail', mail: true } as const;
let count = 0;

function newPeople(role = 'RoomAdmin'): Person[] {
  const group = ++count;
  const domain = `g${group}.${temporal.taskQueue.slice(-6)}.example.com`;
  return Array.from({ length: 5 }, (_, index) => {
    return { firstName: 'Pat', lastName: 'Doe', email: `p${index}@${domain}`, role };
  });
}

async function imported(people: Person[], attention?: GroupCase['attention']): Promise<BatchOutcome> {
  const session = temporal.session(portal.url);
  const batch = await startBatch(session, idOfBatch(session, people, options), { people, options });
  if (attention === undefined || attention === 'quota') return batch.result();
  await expect
    .poll(() => batch.query(batchStatus))
    .toMatchObject({ state: 'needs-attention', attention: { reason: attention } });
  await batch.signal(retry);
  return batch.result();
}

async function expectOnboarded(people: readonly Person[]): Promise<void> {
  const accounts = await portal.people();
  for (const { email, role } of people) {
    expect(accounts.filter((each) => each.email === email)).toMatchObject([{ type: role, shown: role }]);
  }
}

describe('a fault that meets a group', () => {
  it.each(groupCases.map((each) => [each.call, each.fault, each] as const))('%s: %s', async (_call, _fault, each) => {
    const people = newPeople();
    await portal.faults(...groupFaultsOf(each));
    const outcome = await imported(people, each.attention);
    if (each.attention === 'quota') {
      expect(outcome.counts).toMatchObject({ onboarded: 4, 'needs-attention': 1 });
      const waiting = outcome.results.flat().find(({ state }) => state === 'needs-attention');
      const own = temporal.client.workflow.getHandle(onboardingId(waiting?.emails?.[0] ?? ''));
      await own.signal(retry);
      await own.result();
    } else expect(outcome.counts).toMatchObject({ onboarded: 5 });
    expect((await portal.fired()).at(-1)).toBe(each.times);
    await portal.release();
    await expectOnboarded(people);

    const before = (await portal.ledger()).length;
    expect((await imported(people)).counts).toMatchObject({ onboarded: 5 });
    expect((await portal.ledger()).slice(before).filter(({ route }) => !route.startsWith('GET'))).toEqual([]);
  });
});

describe('one disturbed statement while a group is raised', () => {
  it.each(['RoomAdmin', 'DocSpaceAdmin'].flatMap((role) => (['before', 'after'] as const).map((how) => [role, how])))(
    'to %s, %s it was executed: the result equals the database',
    async (role, disturbed) => {
      const people = newPeople(role);
      const email = people[2]?.email ?? '';
      const does = { kind: 'statement', statement: 'commit', disturbed: disturbed as 'before' } as const;
      await portal.faults({ route: '*', about: email, times: 1, does });
      expect((await importTwice(portal, () => imported(people))).counts).toMatchObject({ onboarded: 5 });
      expect(await portal.fired()).toEqual([1]);
      await expectOnboarded(people);
    },
  );
});
