import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import { add, ask, newcomer, nobody, remove, self, shown, typeIn, userIds } from '../call-portal.js';

let portal: TestPortal;

beforeEach(async () => {
  portal = await TestPortal.start();
});

afterEach(() => portal.close());

const mailsTo = async (email: string): Promise<number[]> =>
  (await portal.withEmail(email)).map(({ passwordMails }) => passwordMails);

describe('POST /people/password', () => {
  const route = 'POST /people/password';

  it('sends a mail to everybody but a disabled account', async () => {
    const person = await add(portal, 'Guest');
    expect(await ask(portal, route, { email: person.email })).toMatchObject({ status: 200 });
    expect(await mailsTo(person.email)).toEqual([1]);
    await shown(portal, 'PUT /people/status/Terminated', userIds(person));
    const message = 'Your profile is suspended';
    expect(await ask(portal, route, { email: person.email })).toMatchObject({ status: 403, message });
  });

  it('is a 403 for an unknown e-mail', async () => {
    const message = 'The user with "absent@example.com" email could not be found';
    expect(await ask(portal, route, { email: 'absent@example.com' })).toMatchObject({ status: 403, message });
  });

  it.each([
    ['docSpaceAdmin', 'User', 200],
    ['docSpaceAdmin', 'DocSpaceAdmin', 403],
    ['roomAdmin', 'User', 403],
    ['user', 'User', 403],
  ] as const)('by the %s for a %s is a %i', async (holder, type, status) => {
    const { email } = await add(portal, type);
    expect(await ask(portal, route, { email }, holder)).toMatchObject({ status });
  });

  it('is limited to five calls in 15 minutes for each caller', async () => {
    await portal.limits({});
    const { email } = await add(portal, 'User');
    const statuses: number[] = [];
    for (let call = 0; call < 6; call++) statuses.push((await ask(portal, route, { email })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    expect(await ask(portal, route, { email }, 'docSpaceAdmin')).toMatchObject({ status: 200 });
    expect(await mailsTo(email)).toEqual([6]);
  });
});

describe('PUT /people/invite', () => {
  it('answers with the profiles, whether or not a mail was sent', async () => {
    const people = [await add(portal, 'User'), await self(portal, 'guest')];
    expect(await ask(portal, 'PUT /people/invite', userIds(...people))).toMatchObject({
      status: 200,
      people: people.map(({ id }) => ({ id })),
    });
  });

  it('is a 500 for an unknown id, and a 403 for a User', async () => {
    expect(await ask(portal, 'PUT /people/invite', userIds({ id: nobody }))).toMatchObject({ status: 500 });
    const person = await add(portal, 'User');
    expect(await ask(portal, 'PUT /people/invite', userIds(person), 'user')).toMatchObject({ status: 403 });
  });
});

describe('POST /people/invite', () => {
  const invite = (email: string, type: string) =>
    ask(portal, 'POST /people/invite', { invitations: [{ email, type }] });

  it('makes a pending account without a name, which blocks the e-mail', async () => {
    await invite('new@example.com', 'User');
    const account = await shown(portal, 'GET /people/email?email=new@example.com');
    expect(account).toMatchObject({ status: 4, firstName: '', displayName: 'new@example.com' });
    expect(await ask(portal, 'POST /people', newcomer({ email: 'new@example.com' }))).toMatchObject({ status: 400 });
    expect(typeIn(await shown(portal, 'PUT /people/type/RoomAdmin', userIds(account)))).toBe('RoomAdmin');
  });

  it('raises an existing account, and never lowers it', async () => {
    const { email } = await add(portal, 'User');
    for (const type of ['RoomAdmin', 'User']) {
      await invite(email, type);
      expect(typeIn(await shown(portal, `GET /people/email?email=${email}`))).toBe('RoomAdmin');
    }
  });

  it('answers with everybody whose e-mail is not confirmed', async () => {
    const person = await add(portal, 'User');
    expect((await invite('new@example.com', 'User')).people.map(({ id }) => id)).toContain(person.id);
  });

  it('refuses guests, disabled accounts and malformed e-mails', async () => {
    expect(await invite('new@example.com', 'Guest')).toMatchObject({ status: 403 });
    const person = await add(portal, 'User');
    await shown(portal, 'PUT /people/status/Terminated', userIds(person));
    expect(await invite(person.email, 'User')).toMatchObject({
      status: 400,
      message: `User disabled: ${person.email}`,
    });
    expect(await invite('nope', 'User')).toMatchObject({ status: 400, refused: ['Invitations[0].Email'] });
  });
});

it('GET /people/exists tells whether there is an account, and its status', async () => {
  const person = await add(portal, 'User');
  const exists = async (): Promise<unknown> => (await portal.raw('GET', `/people/exists?email=${person.email}`)).json();
  expect(await exists()).toMatchObject({ response: { exists: true, status: 1 } });
  await remove(portal, person);
  expect(await exists()).toMatchObject({ response: { exists: false } });
});

it('PUT /people/delete deletes nobody if one of them is active', async () => {
  const [disabled, active] = [await add(portal, 'User'), await add(portal, 'User')];
  await shown(portal, 'PUT /people/status/Terminated', userIds(disabled));
  const message = 'Users are not suspended';
  expect(await ask(portal, 'PUT /people/delete', userIds(disabled, active))).toMatchObject({ status: 403, message });
  expect(await ask(portal, 'PUT /people/delete', userIds(disabled))).toMatchObject({ status: 200 });
  expect(await portal.withEmail(disabled.email)).toEqual([]);
});
