import { describe, expect, it } from 'vitest';
import { onboardingId, untilSettled } from '../../../src/contract/onboarding.js';
import { searchAttributesFor } from '../../../src/contract/search-attributes.js';
import type { Person } from '../../../src/people/person.js';
import { batchOptions, type TestBatches } from '../../support/batches.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import type { TestTemporal } from '../../support/temporal.js';

/** A batch adds its people to groups and rooms with few calls, and reads everybody back. */

let portal: TestPortal;
let temporal: TestTemporal;
let batches: TestBatches;
setupPortalAndWorker('placed', (made) => ({ portal, temporal, batches } = made), { settleWindow: 1_000 });

/** No mail is wanted. */
const options = { ...batchOptions, mail: false };
const roomIds = new Map<string, string>();

async function group(name: string): Promise<void> {
  await portal.createGroup(name);
}

async function room(title: string): Promise<void> {
  roomIds.set(title, await portal.createRoom(title, 5));
}

async function shownPlaces({ email }: Person): Promise<{ groups: string[]; rooms: string[] }> {
  const { places } = portal.as();
  const [account] = await portal.withEmail(email);
  const { id = '' } = account ?? {};
  const rooms: string[] = [];
  for (const [name, roomId] of roomIds) {
    const access = await places.accessOf(roomId, { id, email });
    if (access) rooms.push(`${name}: ${access}`);
  }
  return { groups: (await places.groupsOf(id)).map(({ name }) => name), rooms };
}

const callsTo = async (route: RegExp): Promise<number> =>
  (await portal.calls()).filter((called) => route.test(called)).length;

describe('a batch with groups and rooms', () => {
  it('adds 40 people to 4 groups with at most 0.4 calls a person', async () => {
    for (let index = 0; index < 4; index++) await group(`G${index}`);
    const of = batches.people(40, (index) => ({ groups: [`G${index % 4}`] }));
    const before = await callsTo(/\/group/);
    const outcome = await batches.importOnce('counts the calls', of, { options });
    expect(outcome.counts.onboarded).toBe(40);
    expect((await callsTo(/\/group/)) - before).toBeLessThanOrEqual(0.4 * of.length);
    const results = await batches.resultsOf(outcome);
    for (const [index, person] of of.entries()) {
      expect(results[index]).toMatchObject({ groups: [{ name: `G${index % 4}`, state: 'joined' }] });
      expect((await shownPlaces(person)).groups).toEqual([`G${index % 4}`]);
    }
  });

  it('gives everybody the access, and completes what a lost answer or a refusal left', async () => {
    await room('R1');
    await room('R2');
    await group('GR');
    await portal.faults(
      { route: 'PUT /files/rooms/{id}/share', times: 1, when: 'after', does: { kind: 'reset' } },
      { route: 'PUT /group/{id}', times: 1, when: 'before', does: { kind: 'reset' } },
    );
    const of = batches.people(12, (index) => ({
      role: index % 2 ? 'Manager' : 'User',
      groups: ['GR'],
      rooms: [`R1: ${index % 3 ? 'Read' : 'Editing'}`, 'R2: Comment'],
    }));
    const outcome = await batches.importTwice(of, { options });
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: 12 } });
    for (const [index, person] of of.entries()) {
      expect(await shownPlaces(person)).toEqual({
        groups: ['GR'],
        rooms: [`R1: ${index % 3 ? 'Read' : 'Editing'}`, 'R2: Comment'],
      });
    }
  });

  it('hands over existing people who are not in all places', async () => {
    await group('GE');
    const [first] = batches.people(1);
    await batches.importTwice([first!], { options });
    expect(await batches.importTwice([{ ...first!, groups: ['GE'] }], { options })).toMatchObject({
      state: 'onboarded',
    });
    expect((await shownPlaces(first!)).groups).toEqual(['GE']);
    const before = await callsTo(/PUT \/group/);
    const again = await batches.importTwice([{ ...first!, groups: ['GE'] }], { options: batchOptions });
    expect((await batches.resultsOf(again))[0]).toMatchObject({ state: 'onboarded', groups: [{ state: 'joined' }] });
    expect(await callsTo(/PUT \/group/)).toBe(before);
  });

  it('reports a group that the portal does not have, and onboards the others', async () => {
    await group('GU');
    const of = batches.people(3, (index) => ({ role: 'RoomAdmin', groups: [index === 1 ? 'No such' : 'GU'] }));
    const outcome = await batches.importTwice(of, { options });
    const results = await batches.resultsOf(outcome);
    expect(results.map(({ state }) => state)).toEqual(['onboarded', 'failed', 'onboarded']);
    expect(results[1]?.role).toBe('RoomAdmin');
    expect(results[1]?.message).toContain('the portal has no group named "No such"');
  });
});

describe('an import of a person whose onboarding is open', () => {
  /** An onboarding with its role window open. */
  async function openOnboarding(given: Partial<Person> = {}): Promise<Person> {
    const [person] = batches.people(1, given) as [Person];
    const own = await temporal.client.workflow.start('onboardUser', {
      workflowId: onboardingId(person.email),
      taskQueue: temporal.taskQueue,
      args: [{ ...person, portal: portal.url, lookUpBeforeCreate: false }],
      typedSearchAttributes: searchAttributesFor({ portal: portal.url }),
    });
    expect(await own.executeUpdate(untilSettled)).toMatchObject({ state: 'onboarded' });
    return person;
  }

  it('with exact groups takes the person out of the other groups', async () => {
    for (const name of ['X1', 'X2', 'X3']) await group(name);
    const person = await openOnboarding({ groups: ['X1'] });
    const [account] = await portal.withEmail(person.email);
    const [byHand] = await portal.as().places.groupsLike('X3');
    await portal.raw('PUT', `/group/${byHand!.id}`, { membersToAdd: [account!.id] });
    const exact = { ...options, exactGroups: true };
    const outcome = await batches.importOnce('joins an open onboarding', [{ ...person, groups: ['X2'] }], {
      options: exact,
    });
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: 1 } });
    expect((await shownPlaces(person)).groups).toEqual(['X2']);
  });

  it.each([
    ['a group', { groups: ['Here', 'Nowhere'] }, 'the portal has no group named "Nowhere"'],
    ['a room', { rooms: ['R/1: Review', 'R/2: Read'] }, 'a User cannot have Review in a collaboration room'],
  ])('that cannot use %s reports that it is missing, and takes nobody out', async (what, places, message) => {
    if ('rooms' in places) for (const title of ['R/1', 'R/2']) await portal.createRoom(title);
    else await portal.createGroup('Here');
    await portal.createGroup(`Before ${what}`);
    const person = await openOnboarding({ groups: [`Before ${what}`] });
    const exact = { options: { ...options, exactGroups: true } };
    const outcome = await batches.importOnce('joins an open onboarding', [{ ...person, ...places }], exact);
    expect((await shownPlaces(person)).groups).toContain(`Before ${what}`);
    expect(outcome).toMatchObject({ state: 'failed', counts: { onboarded: 0, failed: 1 } });
    expect(await batches.resultsOf(outcome)).toMatchObject([
      { role: 'User', message: expect.stringContaining(message) as string },
    ]);
  });

  it('under another name fails, and changes nothing', async () => {
    const person = await openOnboarding();
    const other = { ...person, firstName: 'Peter', lastName: 'Fischer', role: 'RoomAdmin' };
    const outcome = await batches.importOnce('joins an open onboarding', [other], { options });
    expect(outcome).toMatchObject({ state: 'failed', counts: { failed: 1 } });
    const message = expect.stringContaining('onboarding of this e-mail for Pat Doe is open') as string;
    expect(await batches.resultsOf(outcome)).toMatchObject([{ message }]);
    expect(await portal.withEmail(person.email)).toMatchObject([{ type: 'User' }]);
  });
});
