import { Client, Connection } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { firstOnboardings, type ListedOnboarding } from '../../../src/client/list-onboardings.js';
import { TestPortal } from '../../support/portal.js';
import { processEnv, setupWorkerProcess } from '../../support/scene.js';
import { janeRoe, runStarter, spawnOnTerminal, spawnProgram } from '../../support/starter.js';
import type { Session } from '../../../src/client/session.js';

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made));

function person(role = 'User'): { email: string; flags: string[] } {
  // Short, so a row fits the standard terminal.
  const email = `${randomUUID().slice(0, 8)}@example.com`;
  return { email, flags: janeRoe(email, role) };
}

function linesOf({ stdout }: { stdout: string }, email: string): ListedOnboarding[] {
  const lines = stdout.trim().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as ListedOnboarding).filter((line) => line.email === email);
}

const hold = { kind: 'hold' } as const;

describe('status --watch without a terminal', () => {
  it('prints one line of JSON for each change', async () => {
    const watching = spawnProgram('starter', ['status', '--watch'], { env });
    await portal.faults({ route: 'POST /people', times: 1, does: hold });
    const { email, flags } = person();
    await runStarter(['onboard', ...flags, '--detach'], { env });
    await watching.prints(new RegExp(`"${email}".*"state":"running"`));
    await portal.reached('POST /people', 'received');
    await portal.release();
    await watching.prints(new RegExp(`"${email}".*"state":"onboarded"`));
    await runStarter(['cancel', email], { env });
    await watching.prints(new RegExp(`"${email}".*"open":false`));

    // A run that starts and closes between two polls is printed, too.
    const quick = person();
    await runStarter(['onboard', ...quick.flags, '--role-window', '0'], { env });
    await watching.prints(new RegExp(`"${quick.email}".*"open":false`));

    const { code, stdout, stderr } = await watching.kill('SIGINT');
    expect([code, stderr]).toEqual([130, expect.stringContaining('Started work continues at the server')]);
    expect(linesOf({ stdout }, email).map(({ state, open }) => [state, open])).toEqual([
      ['running', true],
      ['onboarded', true],
      ['cancelled', false],
    ]);
    expect(linesOf({ stdout }, quick.email).at(-1)).toMatchObject({ state: 'onboarded', open: false });
    expect(stdout).not.toContain('\u001B');
  });

  it('of one person ends when the run closes, with its exit code', async () => {
    await portal.faults({ route: 'GET /people/{id}', when: 'before', times: 1, does: hold });
    const { email, flags } = person();
    await runStarter(['onboard', ...flags, '--detach'], { env });
    const watching = spawnProgram('starter', ['status', email, '--watch'], { env });
    await watching.prints(/"state":"running"/);
    await portal.reached('GET /people/{id}', 'received');
    await runStarter(['cancel', email], { env });
    await portal.release();
    const finished = await watching.finished;
    expect(finished.code).toBe(4);
    expect(linesOf(finished, email).map(({ state }) => state)).toEqual(['running', 'cancelled']);
    const nobody = await runStarter(['status', person().email, '--watch'], { env });
    expect([nobody.code, nobody.stdout]).toEqual([4, '']);
  });
});

describe('status --watch on a terminal', () => {
  it('redraws role, step and reason in place until Ctrl-C', async () => {
    const watching = spawnOnTerminal(['status', '--watch'], { env });
    const { email, flags } = person();
    await portal.faults({ route: 'PUT /people/type/{type}', times: 1, does: hold });
    await runStarter(['onboard', ...flags.slice(0, -1), 'RoomAdmin', '--detach'], { env });
    await watching.prints(new RegExp(`${email} +running +User → RoomAdmin +update role +\\d\\d:\\d\\d:\\d\\d`));
    await portal.reached('PUT /people/type/{type}', 'received');
    await portal.release();
    await watching.prints(new RegExp(`${email} +onboarded +RoomAdmin +\\d\\d:\\d\\d:\\d\\d`));
    expect(watching.stdout).toContain('\u001B[1A'); // the cursor goes back up

    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'answer', status: 402 } });
    const blocked = person();
    await runStarter(['onboard', ...blocked.flags, '--detach'], { env });
    await watching.prints(new RegExp(`${blocked.email} +needs-attention: quota`));

    watching.child.stdin?.write('\u0003');
    const { code, stdout } = await watching.finished;
    expect([code, stdout]).toEqual([130, expect.stringContaining('Started work continues at the server')]);
    await portal.faults();
    expect((await runStarter(['retry', blocked.email], { env })).code).toBe(0);
  });

  it('reports that no worker runs, on 40 columns', async () => {
    const alone = processEnv(portal);
    const { email, flags } = person();
    await runStarter(['onboard', ...flags, '--detach'], { env: alone });
    const watching = spawnOnTerminal(['status', '--watch'], { env: alone, columns: 40 });
    await watching.prints(new RegExp(`${email} +running`));
    await watching.prints(/no worker polls the task queue/);
    const lines = stripVTControlCharacters(watching.stdout).split('\r\n');
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
    watching.child.stdin?.write('\u0003');
    expect((await watching.finished).code).toBe(130);
  });

  it('prints JSON with --json', async () => {
    const { email, flags } = person();
    await runStarter(['onboard', ...flags], { env });
    const watching = spawnOnTerminal(['status', email, '--watch', '--json'], { env });
    await watching.prints(/"state":"onboarded"/);
    watching.child.stdin?.write('\u0003');
    expect((await watching.finished).stdout).not.toContain('\u001B[J');
  });
});

describe('firstOnboardings', () => {
  it('lists the most urgent first, and counts the rest', async () => {
    const own = await TestPortal.start();
    const there = processEnv(own);
    const helper = spawnProgram('worker', [], { env: there });
    await helper.prints(/worker ready/);
    const [blocked, atWork, ...done] = Array.from({ length: 5 }, () => person());
    for (const { flags } of done) await runStarter(['onboard', ...flags], { env: there });
    await own.faults(
      { route: 'POST /people', times: 1, does: hold },
      { route: 'POST /people', times: 1, does: { kind: 'answer', status: 402 } },
    );
    await runStarter(['onboard', ...(atWork?.flags ?? []), '--detach'], { env: there });
    await own.reached('POST /people', 'received');
    await runStarter(['onboard', ...(blocked?.flags ?? [])], { env: there });

    const connection = await Connection.connect({ address: inject('temporalAddress') });
    const session = { client: new Client({ connection }), portal: own.url, webUi: () => null } as unknown as Session;
    // Visibility shows a change a moment later.
    await expect
      .poll(() => firstOnboardings(session, 3))
      .toMatchObject({
        total: 5,
        rows: [
          { email: blocked?.email, state: 'needs-attention' },
          { email: atWork?.email, state: 'running' },
          { email: done.at(-1)?.email, state: 'onboarded' },
        ],
      });
    await connection.close();
    await helper.kill('SIGTERM');
    await own.close();
  });
});
