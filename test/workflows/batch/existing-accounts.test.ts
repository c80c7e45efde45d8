import { describe, expect, it } from 'vitest';
import { onboardingId, retry, status } from '../../../src/contract/onboarding.js';
import type { Person } from '../../../src/people/person.js';
import { batchOptions, type TestBatches } from '../../support/batches.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import type { TestTemporal } from '../../support/temporal.js';

let portal: TestPortal;
let temporal: TestTemporal;
let batches: TestBatches;
setupPortalAndWorker('existing', (made) => ({ portal, temporal, batches } = made), { settleWindow: 1_000 });

describe('an existing account in a batch', () => {
  it('with a higher role keeps it, and names the option that lowers it', async () => {
    const [person] = batches.people(1) as [Person];
    await batches.importTwice([person]);
    await portal.as().promote((await portal.withEmail(person.email))[0]?.id ?? '', 'RoomAdmin');
    const outcome = await batches.importTwice([person]);
    expect(outcome).toMatchObject({ state: 'kept-higher', counts: { 'kept-higher': 1 } });
    const message = 'keeps RoomAdmin, although the file requests User; --allow-demotion would lower it';
    expect(await batches.resultsOf(outcome)).toMatchObject([{ state: 'kept-higher', role: 'RoomAdmin', message }]);
    expect(await batches.typeOf(person.email)).toBe('RoomAdmin');
  });

  it('with a higher role is lowered by --allow-demotion', async () => {
    const [person] = batches.people(1, { role: 'RoomAdmin' }) as [Person];
    await batches.importTwice([person]);
    const outcome = await batches.importTwice([{ ...person, role: 'User' }], {
      options: { ...batchOptions, allowDemotion: true },
    });
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: 1 } });
    expect(await batches.typeOf(person.email)).toBe('User');
  });

  it('with a lower role is raised by its own onboarding', async () => {
    const [person] = batches.people(1) as [Person];
    await batches.importTwice([person]);
    const outcome = await batches.importTwice([{ ...person, role: 'RoomAdmin', lastName: 'Roe' }]);
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: 1 } });
    const result = { role: 'RoomAdmin', created: 'earlier', otherName: 'Pat Doe' };
    expect(await batches.resultsOf(outcome)).toMatchObject([result]);
    expect(await temporal.client.workflow.getHandle(onboardingId(person.email)).result()).toMatchObject({
      role: 'RoomAdmin',
    });
  });

  it('of somebody else fails, and the others continue', async () => {
    const of = batches.people(3, { role: 'RoomAdmin' });
    const email = of[1]?.email ?? '';
    await batches.createByHand(of[1]!);
    const outcome = await batches.importTwice(of);
    expect(outcome).toMatchObject({ state: 'failed', counts: { onboarded: 2, failed: 1 } });
    expect((await batches.resultsOf(outcome))[1]).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('--existing adopt'),
    });
    expect(await batches.typeOf(email)).toBe('User');
  });

  it('with another last name is reported', async () => {
    const [person] = batches.people(1) as [Person];
    await batches.importTwice([person]);
    const outcome = await batches.importTwice([{ ...person, lastName: 'Roe' }]);
    expect(await batches.resultsOf(outcome)).toMatchObject([{ state: 'onboarded', otherName: 'Pat Doe' }]);
  });

  it('with another first and last name is a conflict, which only an operator resolves', async () => {
    const [person] = batches.people(1) as [Person];
    await batches.importTwice([person]);
    const own = temporal.client.workflow.getHandle(onboardingId(person.email));
    for (let imports = 0; imports < 2; imports++) {
      const other = { ...person, firstName: 'Peter', lastName: 'Fischer', role: 'RoomAdmin' };
      const outcome = await batches.importOnce('is repeated here', [other]);
      expect(outcome).toMatchObject({ state: 'needs-attention', counts: { 'needs-attention': 1 } });
      expect(await own.query(status)).toMatchObject({
        attention: { reason: 'conflict', message: expect.stringContaining('Pat Doe') },
      });
    }
    expect(await batches.typeOf(person.email)).toBe('User');
    await own.signal(retry);
    expect(await own.result()).toMatchObject({ state: 'onboarded', role: 'RoomAdmin', created: false });
  });

  it('with another first and last name is not raised or placed until an operator retries', async () => {
    const { id, name } = await portal.createGroup('Another name');
    const [person] = batches.people(1) as [Person];
    await batches.importTwice([person]);
    const other = { ...person, firstName: 'Peter', lastName: 'Fischer', role: 'RoomAdmin', groups: [name] };
    expect(await batches.importTwice([other])).toMatchObject({ state: 'needs-attention' });
    const [account] = await portal.withEmail(person.email);
    expect(account?.type).toBe('User');
    expect(await portal.as().places.groupsOf(account!.id)).toEqual([]);
    const own = temporal.client.workflow.getHandle(onboardingId(person.email));
    expect(await own.query(status)).toMatchObject({ attention: { reason: 'conflict' } });
    await own.signal(retry);
    expect(await own.result()).toMatchObject({ role: 'RoomAdmin', groups: [{ id, state: 'joined' }] });
  });
});
