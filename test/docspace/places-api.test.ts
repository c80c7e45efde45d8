import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPlaces } from '../../src/docspace/find-places.js';
import { TestPortal } from '../support/portal.js';
import { answering, enveloped, json, stopServers } from './answering-portal.js';

/** The calls for groups and rooms over a real socket. */

let portal: TestPortal;
beforeAll(async () => {
  portal = await TestPortal.start();
});
afterAll(async () => {
  await portal.close();
  stopServers();
});

let count = 0;

async function account(type: 'User' | 'Guest' = 'User'): Promise<{ id: string; email: string }> {
  const email = `api${++count}@example.com`;
  const user = { firstName: 'Jane', lastName: 'Roe', email, type, comment: '' };
  return { id: (await portal.as().createUserWithoutMail(user)).id, email };
}

describe('a group', () => {
  it('is listed by a part of its name, page by page', async () => {
    const { places } = portal.as();
    for (let index = 0; index < 101; index++) await portal.createGroup(`Class ${index}`);
    expect(await places.groupsLike('class')).toHaveLength(101);
    expect((await places.groupsLike('Class 77')).map(({ name }) => name)).toEqual(['Class 77']);
    expect(await places.groupsLike('no such group')).toEqual([]);
  });

  it('gains and loses a member, and skips a Guest with a 200', async () => {
    const { places } = portal.as();
    const { id, name } = await portal.createGroup('Members');
    const [user, guest] = [await account(), await account('Guest')];
    await places.updateMembers(id, { membersToAdd: [user.id, guest.id] });
    expect(await places.groupsOf(user.id)).toMatchObject([{ id, name }]);
    expect(await places.groupsOf(guest.id)).toEqual([]);
    await places.updateMembers(id, { membersToRemove: [user.id] });
    expect(await places.groupsOf(user.id)).toEqual([]);
  });

  it('that does not exist is undefined, and its members are refused with a 404', async () => {
    const { places } = portal.as();
    const id = '00000000-0000-4000-8000-00000000dead';
    expect(await places.group(id)).toBeUndefined();
    await expect(places.updateMembers(id, { membersToAdd: [id] })).rejects.toMatchObject({ facts: { status: 404 } });
  });
});

describe('a room', () => {
  it('gives an access by number, and mails nobody', async () => {
    const { places } = portal.as();
    const [id, user] = [await portal.createRoom('Share'), await account()];
    expect(await places.accessOf(id, user)).toBeUndefined();
    await places.share(id, [{ id: user.id, access: 'Editing' }]);
    expect(await places.accessOf(id, user)).toBe('Editing');
    await places.share(id, [{ id: user.id, access: 'Read' }]);
    expect(await places.accessOf(id, user)).toBe('Read');
  });

  it('shows the access of an account whose international domain was typed in Unicode', async () => {
    const { places } = portal.as();
    const user = { firstName: 'Zoe', lastName: 'Roe', email: 'zoe@exämple.de', type: 'User', comment: '' } as const;
    const [room, { id, email }] = [await portal.createRoom('Typed'), await portal.as().createUserWithoutMail(user)];
    await places.share(room, [{ id, access: 'Editing' }]);
    expect(email).toBe('zoe@xn--exmple-cua.de');
    expect(await places.accessOf(room, { id, email })).toBe('Editing');
  });

  it('shows its owner once as owner, even if the portal lists them twice', async () => {
    const { places } = portal.as();
    const id = await portal.createRoom('Owned');
    const owner = await portal.as().self();
    await portal.raw('PUT', `/files/rooms/${id}/share`, { invitations: [{ id: owner.id, access: 2 }], notify: false });
    expect(await places.shares(id, 'User')).toHaveLength(2);
    expect(await places.accessOf(id, owner)).toBe('Owner');
  });

  it('that does not exist is undefined', async () => {
    expect(await portal.as().places.room('999999')).toBeUndefined();
    expect(await portal.as().places.room('nope')).toBeUndefined();
  });

  it('refuses the owner of the portal who is not its manager', async () => {
    const { places } = portal.as();
    const [id, user] = [await portal.createRoom('Foreign', 2, 'docSpaceAdmin'), await account()];
    expect(await places.room(id)).toMatchObject({ name: 'Foreign', mayEditAccess: false });
    const share = places.share(id, [{ id: user.id, access: 'Read' }]);
    await expect(share).rejects.toMatchObject({ facts: { status: 403 } });
  });

  it('with an answer that is no list is unreadable', async () => {
    const { places } = await answering(200, json, enveloped({ folders: [{ id: 'x' }] }));
    await expect(places.roomsLike('x')).rejects.toMatchObject({ facts: { kind: 'unreadable' } });
  });
});

describe('a look-up of places', () => {
  it('finds names and ids once, and tells why one cannot be used', async () => {
    const { places } = portal.as();
    const group = await portal.createGroup('Finders');
    for (let index = 0; index < 2; index++) await portal.createGroup('Twins');
    const [own, foreign, archived] = [
      await portal.createRoom('Maths: 5a'),
      await portal.createRoom('Not ours', 2, 'docSpaceAdmin'),
      await portal.createRoom('Old'),
    ];
    await portal.raw('PUT', `/files/rooms/${archived}/archive`, {});
    const found = await findPlaces(places, {
      groups: ['Finders', group.id, 'Finders', 'Twins', 'finders', 'New', 'new', 'guest', 'x'.repeat(129)],
      rooms: ['Maths: 5a', own, 'Not ours', archived, '12345678'],
    });
    expect(found.groups).toMatchObject([
      { asked: 'Finders', id: group.id },
      { asked: group.id, name: 'Finders' },
      { asked: 'Twins', message: expect.stringContaining('2 groups named') as string },
      { asked: 'finders', message: 'the portal has no group named "finders"; it has "Finders"' },
      { asked: 'New', isMissing: true },
      { asked: 'new', message: 'the portal has no group named "new"; is it the same as "New"?' },
      { asked: 'guest', message: expect.stringContaining('a group with this name defines a role') as string },
      { message: expect.stringContaining('the name of a group has at most 128 characters') as string },
    ]);
    expect(found.groups.filter(({ isMissing }) => isMissing)).toHaveLength(1);
    expect(found.rooms).toEqual([
      { asked: 'Maths: 5a', id: own, name: 'Maths_ 5a', type: 2 },
      { asked: own, id: own, name: 'Maths_ 5a', type: 2 },
      {
        asked: 'Not ours',
        id: foreign,
        name: 'Not ours',
        type: 2,
        message: 'the key\'s account must be manager or owner of the room "Not ours"',
      },
      { asked: archived, id: archived, name: 'Old', type: 2, message: 'the room "Old" is archived' },
      { asked: '12345678', id: '', name: '12345678', type: 0, message: 'the portal has no room with the id 12345678' },
    ]);
  });

  it('refuses a room in a third-party storage, and finds the others beside it', async () => {
    const room = { title: 'Maths', roomType: 6, security: { EditAccess: true } };
    const folders = [
      { ...room, id: 'drive-7-cm9vbQ' },
      { ...room, id: 5, title: 'Maths 5a' },
    ];
    const { places } = await answering(200, json, enveloped({ folders, total: 2 }));
    const { rooms } = await findPlaces(places, { groups: [], rooms: ['Maths', 'Maths 5a'] });
    expect(rooms.map(({ id, message }) => [id, message])).toEqual([
      ['drive-7-cm9vbQ', 'the room "Maths" is in a third-party storage; add people to it in the portal'],
      ['5', undefined],
    ]);
  });

  it('finds a group beside one without a name', async () => {
    const id = '88f11e7c-7407-4bea-b4cb-070010cdbb6c';
    const groups = [{ id: '88f11e7c-7407-4bea-b4cb-070010cdbb6d' }, { id, name: '5a' }];
    const { places } = await answering(200, json, enveloped(groups, { total: 2 }));
    expect((await findPlaces(places, { groups: ['5a'], rooms: [] })).groups).toEqual([{ asked: '5a', id, name: '5a' }]);
  });

  it('refuses the groups that define a role', async () => {
    const id = '88f11e7c-7407-4bea-b4cb-070010cdbb6b';
    const group = { id, name: 'Administrator', isSystem: true };
    const { places } = await answering(200, json, enveloped(group));
    const { groups } = await findPlaces(places, { groups: [id], rooms: [] });
    expect(groups[0]?.message).toBe('the group "Administrator" defines a role; change the role instead');
  });
});
