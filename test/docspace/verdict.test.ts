import { afterEach, describe, expect, it } from 'vitest';
import { PortalError } from '../../src/docspace/errors.js';
import type { NewUser, Portal } from '../../src/docspace/portal.js';
import { classify } from '../../src/docspace/verdict.js';
import { answering, id, json, profile, stopServers } from './answering-portal.js';

afterEach(stopServers);

/** The classification of what a call throws. */
async function verdictOn(portal: Portal, call: (portal: Portal) => Promise<unknown>): Promise<unknown> {
  const error: unknown = await call(portal).catch((reason: unknown) => reason);
  if (!(error instanceof PortalError)) throw new Error('no PortalError', { cause: error });
  return classify(error.facts, portal.origin);
}

const user: NewUser = { firstName: 'A', lastName: 'B', email: profile.email, type: 'User', comment: '' };
const create = (portal: Portal): Promise<unknown> => portal.createUser(user);
const createGuest = (portal: Portal): Promise<unknown> => portal.createUserWithoutMail({ ...user, type: 'Guest' });
const promote = (portal: Portal): Promise<unknown> => portal.promote(id, 'RoomAdmin');

const refusing = (status: number, type: string): Promise<Portal> =>
  answering(status, json, JSON.stringify({ error: { message: 'No', type }, status: 1, statusCode: status }));

describe('402', () => {
  it.each([
    ['User', create],
    ['Guest', createGuest],
  ])('for a free account (%s) means the licence', async (_, call) => {
    expect(await verdictOn(await refusing(402, 'X'), call)).toMatchObject({
      reason: 'quota',
      portalWide: true,
      message: expect.stringContaining('licence') as string,
    });
  });

  it('for a paid role means a seat', async () => {
    const verdict = await verdictOn(await refusing(402, 'X'), promote);
    expect(verdict).toMatchObject({ reason: 'quota', message: expect.stringContaining('seat') as string });
    expect(verdict).not.toHaveProperty('portalWide');
  });
});

describe('403 for a new account', () => {
  it('without a missing right means the switches of the portal', async () => {
    expect(await verdictOn(await refusing(403, 'System.Security.SecurityException'), create)).toMatchObject({
      reason: 'permission',
      portalWide: true,
      hint: expect.stringContaining('settings of the portal') as string,
    });
  });

  it('for a missing right means the key', async () => {
    const type = 'ASC.Common.Security.Authorizing.AuthorizingException';
    expect(await verdictOn(await refusing(403, type), create)).toMatchObject({
      reason: 'permission',
      portalWide: true,
      message: 'the API key may not create accounts',
    });
  });

  it('from a collision with another create is retried', async () => {
    expect(await verdictOn(await refusing(403, 'System.InvalidOperationException'), create)).toMatchObject({
      kind: 'retry now',
    });
  });
});

it('403 for a role change means the key', async () => {
  const verdict = await verdictOn(await refusing(403, 'System.Security.SecurityException'), promote);
  expect(verdict).toMatchObject({ reason: 'permission', message: expect.stringContaining('API key') as string });
  expect(verdict).not.toHaveProperty('portalWide');
});
