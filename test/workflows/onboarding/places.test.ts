import { describe, expect, it } from 'vitest';
import { changeRole, retry, untilReadAgain, type Outcome } from '../../../src/contract/onboarding.js';
import { changePlaces } from '../../../src/contract/places.js';
import { accessNumber } from '../../../src/domain/room-access.js';
import { errorBody } from '../../docspace/answering-portal.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { settledAt, until, type TestTemporal } from '../../support/temporal.js';

/** An onboarding is done when the portal shows the role and every requested group and room. */

let portal: TestPortal;
let temporal: TestTemporal;
const person = setupPortalAndWorker('place', (made) => ({ portal, temporal } = made), { settleWindow: 1_000 });

const group = (name: string): Promise<string> => portal.createGroup(name).then(({ id }) => id);

const room = (title: string, roomType?: number): Promise<string> => portal.createRoom(title, roomType);

const accessIn = async (id: string, { userId, email }: Outcome): Promise<unknown> =>
  portal.as().places.accessOf(id, { id: userId ?? '', email });

const groupsOf = async ({ userId }: Outcome): Promise<string[]> =>
  (await portal.as().places.groupsOf(userId ?? '')).map(({ name }) => name).sort();

const reads = /^(GET|POST \/files|POST \/group)/;

describe('requested groups and rooms', () => {
  it('are reached after the role, and the outcome lists them', async () => {
    const [a, maths, library] = [await group('A1'), await room('Maths A'), await room('Library A', 5)];
    const input = person({ groups: ['A1'], rooms: ['Maths A: Editing', `${library}: read`] });
    const { outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({
      state: 'onboarded',
      role: 'User',
      groups: [{ id: a, name: 'A1', state: 'joined' }],
      rooms: [
        { id: maths, title: 'Maths A', access: 'Editing', shown: 'Editing', state: 'entered' },
        { id: library, title: 'Library A', access: 'Read', shown: 'Read', state: 'entered' },
      ],
      steps: { findPlaces: { state: 'done' }, joinGroups: { state: 'done' }, enterRooms: { state: 'done' } },
    });
    expect(await groupsOf(outcome)).toEqual(['A1']);
    expect([await accessIn(maths, outcome), await accessIn(library, outcome)]).toEqual(['Editing', 'Read']);
    const [account] = await portal.withEmail(input.email);
    expect(account?.mails).toBe(1); // no mail about a room
  });

  it('are absent from an outcome that requests none', async () => {
    const { outcome } = await temporal.settled(person());
    expect(outcome).not.toHaveProperty('groups');
    expect(outcome).not.toHaveProperty('rooms');
    expect(Object.keys(outcome.steps)).toEqual(['create', 'get', 'updateRole']);
  });

  it.each([
    ['an unknown group', { groups: ['No such'] }, 'the portal has no group named "No such"'],
    ['an unknown room', { rooms: ['No such: Read'] }, 'the portal has no room named "No such"'],
    ['an access that the room refuses', { rooms: ['Table: Comment'] }, 'a User cannot have Comment in a collaboration'],
    ['a Guest in a group', { role: 'Guest', groups: ['5a'] }, 'a Guest cannot be in a group'],
    ['a room without access', { rooms: ['Table'] }, 'does not end in an access'],
  ])('fail before any write for %s', async (_, places, message) => {
    if ('rooms' in places && places.rooms[0] === 'Table: Comment') await room('Table');
    const input = person(places);
    const before = (await portal.calls()).filter((route) => !reads.test(route)).length;
    const { outcome } = await temporal.settled(input);
    expect(outcome.state).toBe('failed');
    const failures = Object.values(outcome.steps).map(({ lastFailure = '' }) => lastFailure);
    expect(failures.join('; ')).toContain(message);
    expect((await portal.calls()).filter((route) => !reads.test(route))).toHaveLength(before);
    expect(await portal.withEmail(input.email)).toEqual([]);
  });

  it('are repeated after a lost answer', async () => {
    const [id, other] = [await room('Lossy'), await group('Lossy')];
    await portal.faults(
      { route: 'PUT /files/rooms/{id}/share', times: 1, when: 'after', does: { kind: 'reset' } },
      { route: 'PUT /group/{id}', times: 1, when: 'after', does: { kind: 'reset' } },
    );
    const { outcome } = await temporal.settled(person({ groups: [other], rooms: ['Lossy: Editing'] }));
    expect(outcome).toMatchObject({ state: 'onboarded', groups: [{ state: 'joined' }], rooms: [{ state: 'entered' }] });
    expect(await accessIn(id, outcome)).toBe('Editing');
  });

  it('keep a higher access', async () => {
    const id = await room('Kept');
    const input = person({ roleWindow: 0, rooms: ['Kept: ContentCreator'] });
    await (await temporal.start(input)).result();
    const { outcome } = await temporal.settled({ ...input, rooms: ['Kept: Read'] });
    expect(outcome).toMatchObject({ state: 'onboarded', rooms: [{ shown: 'ContentCreator', state: 'kept-higher' }] });
    expect(await accessIn(id, outcome)).toBe('ContentCreator');
  });

  it('remove the person from other groups only if they are exact', async () => {
    await Promise.all(['B1', 'B2'].map(group));
    const input = person({ roleWindow: 0, groups: ['B1'] });
    await (await temporal.start(input)).result();
    const added = await (await temporal.start({ ...input, groups: ['B2'] })).result();
    expect(await groupsOf(added)).toEqual(['B1', 'B2']);
    const exact = await (await temporal.start({ ...input, groups: ['B2'], exactGroups: true })).result();
    expect(exact.groups).toMatchObject([
      { name: 'B2', state: 'joined' },
      { name: 'B1', state: 'left' },
    ]);
    expect(await groupsOf(exact)).toEqual(['B2']);
  });
});

describe('a place that fails', () => {
  it('needs attention after account, role and the other places, and is completed by retry', async () => {
    const [gone, other] = [await group('Gone'), await group('Stays')];
    const id = await room('After');
    await portal.faults({ route: 'GET /people/{id}', times: 1, does: { kind: 'hold' } });
    const input = person({ role: 'RoomAdmin', groups: ['Gone', 'Stays'], rooms: ['After: RoomManager'] });
    const handle = await temporal.start(input);
    await portal.reached('GET /people/{id}', 'received');
    await portal.raw('DELETE', `/group/${gone}`);
    await portal.release();
    const outcome = await settledAt(handle);
    expect(outcome).toMatchObject({
      state: 'needs-attention',
      role: 'RoomAdmin',
      attention: { reason: 'place-gone' },
      groups: [
        { name: 'Gone', state: 'failed', problem: { reason: 'place-gone' } },
        { id: other, state: 'joined' },
      ],
      rooms: [{ id, shown: 'RoomManager', state: 'entered' }],
    });
    await handle.signal(changePlaces, { leave: ['Stays'] });
    const left = await until(handle, ({ groups = [] }) => groups.some(({ state }) => state === 'left'));
    expect(left.groups).toMatchObject([{ state: 'failed' }, { state: 'left' }]);
    await handle.cancel();
  });

  it('is done once the portal allows it', async () => {
    await room('Locked');
    const input = person({ rooms: ['Locked: Editing'] });
    await portal.faults({
      route: 'PUT /files/rooms/{id}/share',
      times: 1,
      does: { kind: 'answer', status: 403, body: errorBody(403, 'no') },
    });
    const { handle, outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'needs-attention', role: 'User', rooms: [{ state: 'failed' }] });
    await handle.signal(retry);
    expect(await settledAt(handle)).toMatchObject({
      state: 'onboarded',
      rooms: [{ state: 'entered' }],
      attention: null,
    });
  });
});

describe('a lowered role', () => {
  it('needs attention if a room no longer shows the access, until another one is requested', async () => {
    await room('Lowered');
    const { handle } = await temporal.settled(person({ role: 'RoomAdmin', rooms: ['Lowered: RoomManager'] }));
    await handle.signal(changeRole, 'User');
    expect(await settledAt(handle)).toMatchObject({
      state: 'needs-attention',
      role: 'User',
      roleChanges: [{ state: 'applied' }],
      attention: { message: expect.stringContaining('a User cannot have RoomManager') as string },
      rooms: [{ access: 'RoomManager', shown: 'ContentCreator', state: 'failed' }],
    });
    await handle.signal(changePlaces, { enter: ['Lowered: ContentCreator'] });
    expect(await settledAt(handle)).toMatchObject({
      state: 'onboarded',
      rooms: [{ access: 'ContentCreator', shown: 'ContentCreator', state: 'entered' }],
    });
  });
});

describe('a signal', () => {
  it('joins and leaves groups, and sets an access up or down', async () => {
    const id = await room('Signal');
    await Promise.all(['S1', 'S2'].map(group));
    const { handle } = await temporal.settled(person({ groups: ['S1'] }));
    await handle.signal(changePlaces, { join: ['S2'], leave: ['S1'], enter: ['Signal: Editing'] });
    expect(await settledAt(handle)).toMatchObject({
      state: 'onboarded',
      groups: [
        { name: 'S1', state: 'left' },
        { name: 'S2', state: 'joined' },
      ],
      rooms: [{ state: 'entered', shown: 'Editing' }],
    });
    await handle.signal(changePlaces, { enter: [`${id}: Read`] });
    const outcome = await settledAt(handle);
    expect(await accessIn(id, outcome)).toBe('Read');
    expect(await groupsOf(outcome)).toEqual(['S2']);
  });

  it('lowers an access once, and not what somebody raises later', async () => {
    const id = await room('Raised');
    const input = person({ rooms: ['Raised: Editing'] });
    const { handle, outcome } = await temporal.settled(input);
    await handle.signal(changePlaces, { enter: ['Raised: Read'] });
    expect(await settledAt(handle)).toMatchObject({ rooms: [{ shown: 'Read', state: 'entered' }] });
    const invitations = [{ id: outcome.userId, access: accessNumber('Editing') }];
    await portal.raw('PUT', `/files/rooms/${id}/share`, { invitations, notify: false });
    const again = await handle.executeUpdate(untilReadAgain, { args: [{ readAgain: true }] });
    expect(again.rooms).toMatchObject([{ shown: 'Editing', state: 'kept-higher' }]);
    expect(await accessIn(id, outcome)).toBe('Editing');
  });

  it('to leave a group that failed is repeated with the next one', async () => {
    await room('Hold');
    await Promise.all(['L1', 'L2'].map(group));
    const { handle } = await temporal.settled(person({ groups: ['L1'] }));
    const share = 'PUT /files/rooms/{id}/share';
    await portal.faults(
      { route: 'PUT /group/{id}', times: 1, does: { kind: 'answer', status: 403, body: errorBody(403, 'no') } },
      { route: share, times: 1, does: { kind: 'hold' } },
    );
    await handle.signal(changePlaces, { leave: ['L1'], enter: ['Hold: Editing'] });
    await portal.reached(share, 'received');
    await handle.signal(changePlaces, { join: ['L2'] });
    await portal.release();
    const outcome = await settledAt(handle);
    expect(outcome).toMatchObject({
      state: 'onboarded',
      groups: [
        { name: 'L1', state: 'left' },
        { name: 'L2', state: 'joined' },
      ],
    });
    expect(await groupsOf(outcome)).toEqual(['L2']);
  });

  it('that names an unknown group is refused, and changes nothing', async () => {
    const { handle } = await temporal.settled(person());
    await handle.signal(changePlaces, { join: ['No such'] });
    const outcome = await settledAt(handle);
    expect(outcome).toMatchObject({
      state: 'onboarded',
      groups: [{ name: 'No such', state: 'refused', problem: { message: 'the portal has no group named "No such"' } }],
    });
  });

  it.each([undefined, 'x', { join: 'x' }, { enter: ['Library'] }, { join: [1] }])(
    'with %j as its data changes nothing',
    async (change) => {
      const { handle } = await temporal.settled(person());
      await handle.signal(changePlaces, change as never);
      expect(await settledAt(handle)).toMatchObject({ state: 'onboarded', attention: null });
    },
  );

  it('for the role Guest is refused while a group is requested', async () => {
    await group('G1');
    const { handle } = await temporal.settled(person({ groups: ['G1'] }));
    await handle.signal(changeRole, 'Guest');
    const outcome = await settledAt(handle);
    expect(outcome).toMatchObject({ state: 'onboarded', role: 'User' });
    expect(outcome.roleChanges).toMatchObject([
      { role: 'Guest', state: 'refused', message: 'a Guest cannot be in a group; first leave G1' },
    ]);
    await handle.signal(changePlaces, { leave: ['G1'] });
    await settledAt(handle);
    await handle.signal(changeRole, 'Guest');
    expect(await settledAt(handle)).toMatchObject({ state: 'onboarded', role: 'Guest' });
  });
});
