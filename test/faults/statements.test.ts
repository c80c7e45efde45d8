import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilSettled, type Outcome } from '../../src/contract/onboarding.js';
import { TestPortal } from '../support/portal.js';
import { TestTemporal } from '../support/temporal.js';
import { faultOf, statementCases, type StatementCase } from './statements.js';

/** The matrix of the vendor's own server: whatever happens to one statement, the outcome equals the database. */

const timeoutMs = 700;
const settleWindow = 2_500;

let portal: TestPortal;
let temporal: TestTemporal;
const outcomes = new Map<StatementCase, Outcome>();

const emailOf = (each: StatementCase): string => `statement${statementCases.indexOf(each)}@example.com`;

beforeAll(async () => {
  portal = await TestPortal.start();
  temporal = await TestTemporal.start(portal.as('owner', { timeoutMs }), settleWindow);
  await portal.faults(...statementCases.map((each) => faultOf(each, emailOf(each))));
});

afterAll(async () => {
  await temporal.stop();
  await portal.close();
});

describe('one disturbed statement', () => {
  it.concurrent.each(statementCases.map((each) => [each.statement, each.disturbed, each.role, each] as const))(
    '%s, %s: %s',
    async (_statement, _disturbed, role, each) => {
      const email = emailOf(each);
      const person = { email, firstName: 'Jane', lastName: 'Roe', role, portal: portal.url, roleWindow: '1h' } as const;
      const handle = await temporal.start({ ...person, lookUpBeforeCreate: false });
      const outcome = await handle.executeUpdate(untilSettled);
      expect(outcome).toMatchObject({ state: 'onboarded', role, created: true, attention: null });
      outcomes.set(each, outcome);
    },
  );
});

it('every disturbance has happened', async () => {
  await portal.release();
  expect(await portal.fired()).toEqual(statementCases.map(() => 1));
});

it.each(statementCases.map((each) => [each.statement, each.disturbed, each.role, each] as const))(
  'the database agrees after everything late has run: %s, %s: %s',
  async (_statement, _disturbed, role, each) => {
    const rows = await portal.withEmail(emailOf(each));
    expect(rows).toMatchObject([{ type: role, shown: role }]);
    const [row] = rows;
    expect(row?.groups.length).toBe(role === 'RoomAdmin' ? 0 : 1);

    // If an account lacks its mail, the outcome must show it.
    const mail = outcomes.get(each)?.mail;
    if (role === 'Guest') expect([mail, row?.mails]).toEqual(['none', 0]);
    else if (mail === 'sent') expect(row?.mails).toBe(1);
    else if (mail === 'resent') expect(row?.passwordMails).toBe(1);
    else expect(mail).toBe('pending');
  },
);
