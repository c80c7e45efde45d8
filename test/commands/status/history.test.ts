import { Client, Connection } from '@temporalio/client';
import { hostname, userInfo } from 'node:os';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { changeRole, onboardingId } from '../../../src/contract/onboarding.js';
import { TestPortal } from '../../support/portal.js';
import { janeRoe, type Running, runStarter, spawnProgram } from '../../support/starter.js';
import { settledAt } from '../../support/temporal.js';
import type { onboardUser } from '../../../src/workflows/onboarding/onboard-user.js';

/** Who changed a role, why, and what became of it: read from the histories of a real server. */

let portal: TestPortal;
let worker: Running;
let connection: Connection;
let env: Record<string, string>;

beforeAll(async () => {
  portal = await TestPortal.start();
  const address = inject('temporalAddress');
  env = {
    API_HOST: portal.url,
    API_KEY: portal.keys.owner,
    TEMPORAL_ADDRESS: address,
    TASK_QUEUE: `history-${randomUUID()}`,
  };
  connection = await Connection.connect({ address });
  worker = spawnProgram('worker', [], { env });
  await worker.prints(/worker ready/);
});

afterAll(async () => {
  await worker.kill('SIGTERM');
  await connection.close();
  await portal.close();
});

const starter = `docspace-onboarding:${userInfo().username}@${hostname()}`;

async function onboarded(...more: string[]): Promise<string> {
  const email = `o'neil.${randomUUID()}@example.com`;
  const jane = janeRoe(email);
  expect((await runStarter(['onboard', ...jane, ...more], { env })).code).toBe(0);
  return email;
}

describe('status EMAIL --history', () => {
  it('shows each change with sender, reason and result, within 80 columns', async () => {
    const email = await onboarded();
    const ann = new Client({ connection, identity: 'ann@example.com' }).workflow.getHandle<typeof onboardUser>(
      onboardingId(email),
    );
    await runStarter(['role', email, 'Manager', '--reason', 'runs the room'], { env });
    await ann.signal('changeRole', { role: 'Emperor', reason: 'a\n\u001B[31mjoke' });
    await ann.signal(changeRole, { role: 'DocSpaceAdmin', reason: 'leads the school' });
    await settledAt(ann); // otherwise the next change could supersede it
    await runStarter(['role', email, 'User'], { env });

    const { code, stdout } = await runStarter(['status', email, '--history'], { env });
    expect(code).toBe(0);
    const time = String.raw`2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d`;
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toEqual(
      [
        `^${time}  User → RoomAdmin \\(Manager\\) +applied$`,
        `^  by ${starter}$`,
        '^  “runs the room”$',
        `^  the portal showed it at ${time}$`,
        `^${time}  Emperor +refused$`,
        '^  by ann@example.com$',
        '^  "Emperor" is not a role',
        '^  “a .*joke”$',
        `^${time}  RoomAdmin → DocSpaceAdmin +applied$`,
        '^  by ann@example.com$',
        '^  “leads the school”$',
        `^  the portal showed it at ${time}$`,
        `^${time}  DocSpaceAdmin → User +applied$`,
        `^  by ${starter}$`,
        `^  the portal showed it at ${time}$`,
      ].map((line) => expect.stringMatching(new RegExp(line))),
    );
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);

    const shown = await runStarter(['status', email], { env });
    expect(
      shown.stdout
        .split('\n')
        .filter((line) => line.includes('role change'))
        .map((line) => line.trim()),
    ).toEqual([
      expect.stringMatching(/"Emperor" is not a role.* – refused, sent .* by ann@example\.com, “a \[31mjoke”$/),
      expect.stringMatching(/RoomAdmin → DocSpaceAdmin – applied .*, sent .* by ann@example\.com, “leads the school”$/),
      expect.stringMatching(/DocSpaceAdmin → User – applied .*, sent .* by docspace-onboarding:/),
    ]);
  });

  it('prints the changes of all runs as one JSON array, oldest first', async () => {
    const email = await onboarded('--role-window', '0');
    for (const role of ['RoomAdmin', 'Guest']) await runStarter(['role', email, role], { env });
    const { code, stdout } = await runStarter(['status', email, '--history', '--json'], { env });
    const changes = JSON.parse(stdout) as { runId: string }[];
    expect([code, changes]).toEqual([
      0,
      [
        {
          role: 'RoomAdmin',
          from: 'User',
          shown: 'RoomAdmin',
          state: 'applied',
          by: starter,
          at: expect.any(String),
          confirmedAt: expect.any(String),
          runId: expect.any(String),
        },
        {
          role: 'Guest',
          from: 'RoomAdmin',
          shown: 'Guest',
          state: 'applied',
          by: starter,
          at: expect.any(String),
          confirmedAt: expect.any(String),
          runId: expect.any(String),
        },
      ],
    ]);
    expect(new Set(changes.map(({ runId }) => runId)).size).toBe(2);
  });

  it('reports that there are no changes, or that nobody is known', async () => {
    const email = await onboarded();
    const none = await runStarter(['status', email, '--history'], { env });
    expect([none.code, none.stdout]).toEqual([0, `No change of the role, groups or rooms of ${email} is known.\n`]);
    expect((await runStarter(['status', email, '--history', '--json'], { env })).stdout).toBe('[]\n');
    const nobody = await runStarter(['status', `nobody.${email}`, '--history'], { env });
    expect([nobody.code, nobody.stdout]).toEqual([4, '']);
  });

  it('shows a change for somebody without an account as not applied', async () => {
    const email = `nobody.${randomUUID()}@example.com`;
    await runStarter(['role', email, 'RoomAdmin'], { env });
    const { stdout } = await runStarter(['status', email, '--history', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject([{ role: 'RoomAdmin', state: 'not-applied' }]);
  });
});
