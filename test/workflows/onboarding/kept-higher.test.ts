import { describe, expect, it } from 'vitest';
import { signalPlaces } from '../../../src/client/send-signal.js';
import { onboardingStateKey } from '../../../src/contract/search-attributes.js';
import { changeRole, retry, takeOver, untilReadAgain, type OnboardingInput } from '../../../src/contract/onboarding.js';
import { errorBody } from '../../docspace/answering-portal.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { settledAt, type TestTemporal } from '../../support/temporal.js';

/** An onboarding lowers nobody, unless `allowDemotion` or a role change asks for it. */

let portal: TestPortal;
let temporal: TestTemporal;
const person = setupPortalAndWorker('higher', (made) => ({ portal, temporal } = made));

async function accountOf({ email }: OnboardingInput, type: 'User' | 'RoomAdmin'): Promise<void> {
  await portal.as().createUser({ firstName: 'Jane', lastName: 'Roe', email, type: 'User', comment: '' });
  if (type === 'RoomAdmin') await raise({ email });
}

/** Somebody raises a role by hand at the portal. */
async function raise({ email }: Pick<OnboardingInput, 'email'>, type = 'RoomAdmin'): Promise<void> {
  const [account] = await portal.withEmail(email);
  await portal.raw('PUT', `/people/type/${type}`, { userIds: [account?.id] });
}

async function lower({ email }: OnboardingInput): Promise<void> {
  const [account] = await portal.withEmail(email);
  const client = portal.as();
  await client.demote(account!.id, 'User');
  await expect.poll(async () => (await client.demotionProgress(account!.id))?.isCompleted).toBe(true);
}

const typeOf = async ({ email }: OnboardingInput): Promise<string[]> =>
  (await portal.withEmail(email)).map(({ type }) => type);

describe('a role above the requested one', () => {
  it('is kept, and the outcome shows it', async () => {
    const input = person({ existing: 'adopt' });
    await accountOf(input, 'RoomAdmin');
    const { handle, outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'kept-higher', requestedRole: 'User', role: 'RoomAdmin', attention: null });
    expect((await handle.describe()).typedSearchAttributes.get(onboardingStateKey)).toBe('kept-higher');
    expect(await typeOf(input)).toEqual(['RoomAdmin']);
  });

  it('is kept if somebody raised the account after an earlier onboarding', async () => {
    const input = person({ roleWindow: 0 });
    expect(await (await temporal.start(input)).result()).toMatchObject({ state: 'onboarded', created: true });
    await raise(input);
    const again = await temporal.start(input);
    expect(await again.result()).toMatchObject({ state: 'kept-higher', role: 'RoomAdmin', created: false });
    expect(await typeOf(input)).toEqual(['RoomAdmin']);
  });

  it('is lowered with allowDemotion', async () => {
    const input = person({ existing: 'adopt', allowDemotion: true });
    await accountOf(input, 'RoomAdmin');
    expect((await temporal.settled(input)).outcome).toMatchObject({ state: 'onboarded', role: 'User' });
    expect(await typeOf(input)).toEqual(['User']);
  });

  it('is kept after the first time, even with allowDemotion', async () => {
    const input = person({ allowDemotion: true });
    const { handle } = await temporal.settled(input);
    await raise(input);
    const again = await handle.executeUpdate(untilReadAgain, { args: [{ readAgain: true }] });
    expect(again).toMatchObject({ state: 'kept-higher', role: 'RoomAdmin' });
    expect(await typeOf(input)).toEqual(['RoomAdmin']);
  });

  it('is kept if somebody raised the account while a place needed attention', async () => {
    await portal.createRoom('Refused');
    const does = { kind: 'answer', status: 403, body: errorBody(403, 'no') } as const;
    await portal.faults({ route: 'PUT /files/rooms/{id}/share', times: 1, does });
    const input = person({ rooms: ['Refused: Read'] });
    const { handle, outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'needs-attention', role: 'User', created: true });
    await raise(input);
    const { firstName = '', lastName = '' } = input;
    const request = { chunk: 'batch:none:0', portal: portal.url, firstName, lastName, role: 'User' };
    await handle.signal(takeOver, { ...request, allowDemotion: false });
    await handle.signal(retry);
    expect(await settledAt(handle)).toMatchObject({ state: 'kept-higher', role: 'RoomAdmin' });
    expect(await typeOf(input)).toEqual(['RoomAdmin']);
  });

  it('is kept if somebody raised the account while its role needed attention', async () => {
    const does = { kind: 'answer', status: 402, body: errorBody(402, 'no seat') } as const;
    await portal.faults({ route: 'PUT /people/type/{type}', times: 1, does });
    const input = person({ role: 'RoomAdmin' });
    const { handle, outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'needs-attention', role: 'User', created: true });
    await raise(input, 'DocSpaceAdmin');
    await handle.signal(retry);
    expect(await settledAt(handle)).toMatchObject({ state: 'kept-higher', role: 'DocSpaceAdmin' });
    expect(await typeOf(input)).toEqual(['DocSpaceAdmin']);
  });

  it.each(['User', 'RoomAdmin'] as const)(
    'is not requested by a run that only changes places of a %s',
    async (type) => {
      const input = person();
      await accountOf(input, type);
      await portal.createGroup(`Race ${type}`);
      await portal.faults({ route: 'GET /people/{id}', times: 1, does: { kind: 'answer', status: 401 } });
      const handle = await signalPlaces(temporal.session(portal.url), input.email, { join: [`Race ${type}`] });
      expect(await settledAt(handle)).toMatchObject({ state: 'needs-attention', role: type });
      const other = type === 'User' ? 'RoomAdmin' : 'User';
      if (type === 'User') await raise(input);
      else await lower(input);
      await handle.signal(retry);
      expect(await handle.result()).toMatchObject({ state: 'onboarded', role: other, groups: [{ state: 'joined' }] });
      expect(await typeOf(input)).toEqual([other]);
    },
  );

  it('is lowered by a role change that arrives later', async () => {
    const input = person({ existing: 'adopt' });
    await accountOf(input, 'RoomAdmin');
    const { handle } = await temporal.settled(input);
    await handle.signal(changeRole, 'User');
    expect(await settledAt(handle)).toMatchObject({ state: 'onboarded', role: 'User', superseded: [] });
    expect(await typeOf(input)).toEqual(['User']);
  });

  it('is lowered by a change to the same role that arrives during the steps', async () => {
    const input = person({ existing: 'adopt' });
    await accountOf(input, 'RoomAdmin');
    await portal.faults({ route: 'GET /people/{id}', times: 1, does: { kind: 'hold' } });
    const handle = await temporal.start(input);
    await portal.reached('GET /people/{id}', 'received');
    await handle.signal(changeRole, 'User');
    await portal.release();
    const { state, role, roleChanges } = await settledAt(handle);
    expect({ state, role }).toEqual({ state: 'onboarded', role: 'User' });
    expect(roleChanges).toMatchObject([{ role: 'User', from: 'RoomAdmin', state: 'applied' }]);
  });
});
