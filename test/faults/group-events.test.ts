import { describe, expect, it } from 'vitest';
import { takeFromChunks } from '../../src/client/chunks.js';
import { idOfBatch, startBatch, type BatchHandle } from '../../src/client/start-batch.js';
import { chunkId } from '../../src/contract/batch.js';
import { onboardingId } from '../../src/contract/onboarding.js';
import type { Person } from '../../src/people/person.js';
import { importTwice } from '../support/imports.js';
import type { TestPortal } from '../support/portal.js';
import { setupPortalAndWorker } from '../support/scene.js';
import { hasEvent, untilListed, type TestTemporal } from '../support/temporal.js';
import { groupCalls, groupEvents, groupFaultsOf, handedOver, type Call } from './group-cases.js';

/** What can happen during a call of a group and is no fault of the portal. No call times out meanwhile. */

let portal: TestPortal;
let temporal: TestTemporal;
setupPortalAndWorker('nobody', (context) => ({ portal, temporal } = context), { settleWindow: 1_000 });

const options = { existing: 'fail', mail: true } as const;
let count = 0;

function newPeople(): Person[] {
  const domain = `e${++count}.${temporal.taskQueue.slice(-6)}.example.com`;
  return Array.from({ length: 5 }, (_, index) => {
    return { firstName: 'Pat', lastName: 'Doe', email: `p${index}@${domain}`, role: 'RoomAdmin' };
  });
}

function started(people: Person[]): Promise<BatchHandle> {
  const session = temporal.session(portal.url);
  return startBatch(session, idOfBatch(session, people, options), { people, options });
}

async function expectRoles(people: readonly Pick<Person, 'email' | 'role'>[]): Promise<void> {
  for (const { email, role } of people) {
    expect((await portal.withEmail(email)).map(({ type }) => type)).toEqual([role]);
  }
}

describe('an event during a call', () => {
  const { extraRow, refusedId } = groupEvents;
  const promotion = groupCalls['raise the roles'];

  it(`${extraRow.call}: ${extraRow.event}`, async () => {
    const people = newPeople();
    const other = `x${people[0]?.email}`;
    await portal.as().createUser({ firstName: 'Pat', lastName: 'Doe', email: other, type: 'User', comment: '' });
    expect((await importTwice(portal, async () => (await started(people)).result())).counts).toMatchObject({
      onboarded: 5,
    });
    await expectRoles([...people, { email: other, role: 'User' }]);
  });

  it(`${refusedId.call}: ${refusedId.event}`, async () => {
    const people = newPeople();
    await portal.faults({ route: promotion, times: 1, does: { kind: 'hold' } });
    const batch = await started(people);
    await portal.reached(promotion, 'received');
    const [account] = await portal.withEmail(people[2]?.email ?? '');
    await portal.as().promote(account?.id ?? '', 'RoomAdmin'); // the same type twice is a 403
    await portal.release();
    expect((await batch.result()).counts).toMatchObject({ onboarded: 5 });
    await expectRoles(people);
  });

  it.each(Object.keys(groupCalls) as Call[])(`%s: ${handedOver}`, async (call) => {
    const people = newPeople();
    const [{ email }] = people as [Person];
    const holding = groupFaultsOf({ call, when: 'before', times: 1, does: { kind: 'hold' } });
    await portal.faults(...holding.map((fault) => (call === 'create' ? { ...fault, about: email } : fault)));
    const batch = await started(people);
    await portal.reached(groupCalls[call], 'held');
    const chunk = temporal.client.workflow.getHandle(chunkId(batch.workflowId, 0));
    await untilListed(chunk);
    const taken = takeFromChunks(temporal.session(portal.url), email);
    await expect.poll(() => hasEvent(chunk, 'workflowExecutionUpdateAcceptedEventAttributes')).toBe(true);
    await portal.release();
    await taken;
    expect((await batch.result()).counts).toMatchObject({ onboarded: 5 });
    await expectRoles(people);
    const own = temporal.client.workflow.getHandle(onboardingId(email));
    if (call === 'raise the roles')
      await expect(own.describe()).rejects.toThrow('not found'); // the write was confirmed
    else expect(await own.result()).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
  });
});
