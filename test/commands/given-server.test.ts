import { Client, Connection } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { searchAttributesFor } from '../../src/contract/search-attributes.js';
import { TestPortal } from '../support/portal.js';
import { processEnv, setupWorkerProcess } from '../support/scene.js';
import { janeRoe, runStarter, spawnProgram } from '../support/starter.js';
import { untilListed } from '../support/temporal.js';

/** The starter and a worker as processes, on an external Temporal server. */

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made));

function person(role = 'User'): { email: string; flags: string[] } {
  const email = `${randomUUID()}@example.com`;
  return { email, flags: janeRoe(email, role) };
}

describe('onboard', () => {
  it('waits until the portal shows the role, and prints steps and facts', async () => {
    const { email, flags } = person('RoomAdmin');
    const { code, stdout, stderr } = await runStarter(['onboard', ...flags], { env });
    const steps = stderr.split('\n').filter((line) => /^[^…]/.test(line)); // without what a slow command waits for
    expect([code, ...steps]).toEqual([
      0,
      '✓ create user  the portal shows User',
      '✓ get user     the portal shows User',
      '✓ update role  the portal shows RoomAdmin, by PUT /people/type/{type}',
    ]);
    const [account] = await portal.withEmail(email);
    for (const fact of [
      `✓ ${email} is onboarded`,
      portal.url,
      account?.id,
      'User → RoomAdmin',
      'created by this onboarding',
      'activation mail sent',
      'by the portal, read back at',
      `role ${email} User   # changes the role`,
    ]) {
      expect(stdout).toContain(fact);
    }
    expect(stdout).not.toMatch(/role \S+ (?:RoomAdmin|DocSpaceAdmin)/); // no more rights than requested
  });

  it('raises the role after a run with a lower one has closed', async () => {
    const { email, flags } = person();
    await runStarter(['onboard', ...flags, '--role-window', '0'], { env });
    const raised = await runStarter(['onboard', ...janeRoe(email, 'RoomAdmin'), '--json'], { env });
    expect([raised.code, JSON.parse(raised.stdout)]).toMatchObject([0, { state: 'onboarded', role: 'RoomAdmin' }]);
  });

  it('attaches to the open run, whatever the case of the e-mail', async () => {
    const { email, flags } = person();
    const upper = flags.map((flag) => (flag === email ? `  ${email.toUpperCase()} ` : flag));
    const [one, two] = await Promise.all(
      [flags, upper].map((each) => runStarter(['onboard', ...each, '--json'], { env })),
    );
    expect([one?.code, two?.code]).toEqual([0, 0]);
    expect(JSON.parse(one?.stdout ?? '')).toMatchObject({
      email,
      runId: (JSON.parse(two?.stdout ?? '') as { runId: string }).runId,
    });
    expect(await portal.withEmail(email)).toHaveLength(1);
  });

  it('reads the portal again while the run is open, and writes nothing', async () => {
    const { email, flags } = person('RoomAdmin');
    await runStarter(['onboard', ...flags], { env });
    const [account] = await portal.withEmail(email);
    const before = await portal.calls();
    const { code, stdout } = await runStarter(['onboard', ...flags], { env });
    expect([code, stdout]).toEqual([0, expect.stringContaining('The portal was read again. Nothing was written.')]);
    expect((await portal.calls()).slice(before.length)).toEqual(['GET /people/{id}']);

    await portal.raw('PUT', `/people/type/DocSpaceAdmin`, { userIds: [account?.id] });
    const kept = await runStarter(['onboard', ...flags], { env });
    expect([kept.code, kept.stdout]).toEqual([5, expect.stringContaining('keeps a higher role than requested')]);
    const accepted = await runStarter(['onboard', ...flags, '--keep-higher', '--json'], { env });
    expect([accepted.code, JSON.parse(accepted.stdout)]).toMatchObject([
      0,
      { state: 'kept-higher', role: 'DocSpaceAdmin' },
    ]);
  });

  it('reads the portal again after a closed run, and reports a name that differs', async () => {
    const { email, flags } = person();
    await runStarter(['onboard', ...flags, '--role-window', '0'], { env });
    const before = await portal.ledger();
    const married = [...flags, '--last-name', 'Doe', '--role-window', '0'];
    const { code, stdout } = await runStarter(['onboard', ...married, '--json'], { env });
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { state: 'onboarded', role: 'User', otherName: 'Jane Roe' }]);
    expect((await runStarter(['status', email], { env })).stdout).toMatch(/name +Jane Roe at the portal/);
    expect((await portal.ledger()).length).toBeGreaterThan(before.length);
    expect(await portal.withEmail(email)).toHaveLength(1);
  });

  it('is exit 7 if the open run requests another role, and changes nothing', async () => {
    const { email, flags } = person();
    await runStarter(['onboard', ...flags], { env });
    const { code, stderr } = await runStarter(['onboard', ...flags.slice(0, -1), 'DocSpaceAdmin'], { env });
    expect([code, stderr]).toEqual([7, expect.stringContaining(`npm run starter -- role ${email} DocSpaceAdmin`)]);
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
  });

  it('is exit 4 if somebody else created the account', async () => {
    const { email, flags } = person('RoomAdmin');
    await portal.raw('POST', '/people', { firstName: 'Some', lastName: 'One', email, type: 'User' });
    const { code, stdout } = await runStarter(['onboard', ...flags], { env });
    expect([code, stdout]).toEqual([4, expect.stringContaining('--existing adopt')]);
  });

  it('does not wait with --detach', async () => {
    const { email, flags } = person();
    const { code, stderr } = await runStarter(['onboard', ...flags, '--detach'], { env });
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Started onboard:${email}`)]);
    expect((await runStarter(['onboard', ...flags], { env })).code).toBe(0);
  });

  it('prints every ten seconds what it waits for', async () => {
    await portal.faults({ route: 'POST /people', when: 'before', times: 1, does: { kind: 'hold' } });
    const running = spawnProgram('starter', ['onboard', ...person().flags], { env });
    await running.prints(/… create user: waiting for the portal since \d\d:\d\d:\d\d/);
    await portal.release();
    expect((await running.finished).code).toBe(0);
  });

  it('leaves the work to the server on Ctrl-C', async () => {
    await portal.faults({ route: 'POST /people', when: 'before', times: 1, does: { kind: 'hold' } });
    const { email, flags } = person();
    const running = spawnProgram('starter', ['onboard', ...flags], { env });
    await portal.reached('POST /people', 'received');
    const { code, stderr } = await running.kill('SIGINT');
    expect([code, stderr]).toEqual([130, expect.stringContaining('Started work continues at the server')]);
    await portal.release();
    expect((await runStarter(['onboard', ...flags], { env })).code).toBe(0);
    expect(await portal.withEmail(email)).toHaveLength(1);
  });
});

describe('an onboarding that needs attention', () => {
  it('is exit 5 with the fix; status lists it; retry continues it', async () => {
    await portal.faults({
      route: 'POST /people',
      when: 'before',
      times: 1,
      does: { kind: 'answer', status: 401, headers: {}, body: '' },
    });
    const { email, flags } = person();
    const blocked = await runStarter(['onboard', ...flags], { env });
    expect([blocked.code, blocked.stdout]).toEqual([5, expect.stringContaining('the portal refuses the API key')]);

    const one = await runStarter(['status', email, '--json'], { env });
    expect([one.code, JSON.parse(one.stdout)]).toMatchObject([
      5,
      { state: 'needs-attention', attention: { reason: 'api-key' } },
    ]);
    const all = async (): Promise<unknown> => JSON.parse((await runStarter(['status', '--json'], { env })).stdout);
    // The list shows a change a moment later.
    await expect
      .poll(all)
      .toContainEqual(expect.objectContaining({ email, state: 'needs-attention', reason: 'api-key' }));

    const released = await runStarter(['retry', '--all', '--reason', 'api-key'], { env });
    expect([released.code, released.stdout]).toEqual([0, expect.stringContaining('1 onboarding resumed: 1 onboarded')]);
  });
});

describe('role', () => {
  it('is applied to the open onboarding', async () => {
    const { email, flags } = person();
    await runStarter(['onboard', ...flags], { env });
    const { code, stdout } = await runStarter(['role', email, 'Manager', '--json'], { env });
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { requestedRole: 'Manager', role: 'RoomAdmin' }]);
  });

  it('works without an open onboarding', async () => {
    const { email } = person();
    await portal.raw('POST', '/people', { firstName: 'Some', lastName: 'One', email, type: 'User' });
    const { code } = await runStarter(['role', email, 'DocSpaceAdmin'], { env });
    expect(code).toBe(0);
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'DocSpaceAdmin' }]);
  });

  it('is exit 4 for somebody without an account', async () => {
    const { code, stdout } = await runStarter(['role', person().email, 'User'], { env });
    expect([code, stdout]).toEqual([4, expect.stringContaining('there is no account with this e-mail')]);
  });
});

describe('cancel', () => {
  it('stops further writes, and prints what the portal has', async () => {
    await portal.faults({ route: 'GET /people/{id}', when: 'before', times: 1, does: { kind: 'hold' } });
    const { email, flags } = person('RoomAdmin');
    await runStarter(['onboard', ...flags, '--detach'], { env });
    await portal.reached('GET /people/{id}', 'received');
    const { code, stdout } = await runStarter(['cancel', email], { env });
    await portal.release();
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${email} was cancelled`)]);
    expect(stdout).toContain('User');
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
  });

  it('is exit 4 for somebody unknown, as status is', async () => {
    const { email } = person();
    expect((await runStarter(['cancel', email], { env })).code).toBe(4);
    expect((await runStarter(['status', email], { env })).code).toBe(4);
  });
});

describe('another portal at the same server', () => {
  it('is exit 7 for every command, and nothing is reported', async () => {
    const { email, flags } = person();
    await runStarter(['onboard', ...flags], { env });
    const other = { ...env, API_HOST: 'http://127.0.0.1:9' };
    for (const args of [
      ['onboard', ...flags],
      ['role', email, 'RoomAdmin'],
      ['status', email],
      ['status', email, '--history'],
      ['cancel', email],
    ]) {
      const { code, stdout, stderr } = await runStarter(args, { env: other });
      expect([code, stdout, stderr]).toEqual([7, '', expect.stringContaining(portal.url)]);
    }
  });
});

describe('a run that somebody else started', () => {
  it('for another portal gets no message, although it has no search attribute', async () => {
    const connection = await Connection.connect({ address: env['TEMPORAL_ADDRESS'] ?? '' });
    const { email } = person();
    const run = await new Client({ connection }).workflow.start('onboardUser', {
      workflowId: `onboard:${email}`,
      taskQueue: 'nobody',
      args: [{ email, role: 'User', portal: 'https://Other.example.com/' }],
    });
    const before = (await run.describe()).historyLength;
    for (const args of [
      ['role', email, 'User'],
      ['cancel', email],
      ['retry', email],
    ]) {
      const { code, stderr } = await runStarter(args, { env });
      expect([code, stderr]).toEqual([7, expect.stringContaining('https://other.example.com')]);
    }
    expect((await run.describe()).historyLength).toBe(before);
    await run.terminate();
    await connection.close();
  });

  it('is listed under any workflow id, without control characters', async () => {
    const connection = await Connection.connect({ address: env['TEMPORAL_ADDRESS'] ?? '' });
    const workflowId = `\u001B[2Jx\u202E${randomUUID()}`;
    const typedSearchAttributes = searchAttributesFor({ portal: portal.url });
    const { workflow } = new Client({ connection });
    const run = await workflow.start('onboardUser', {
      workflowId,
      taskQueue: 'nobody',
      args: [],
      typedSearchAttributes,
    });
    await untilListed(run);
    const { code, stdout } = await runStarter(['status'], { env });
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining(workflowId.replace('\u001B', '<U+001B>').replace('\u202E', '<U+202E>')),
    ]);
    expect(stdout).not.toContain('\u001B');
    await run.terminate();
    await connection.close();
  });
});

describe('without a worker', () => {
  it('onboard is exit 6 with the command that starts one, and a later worker continues', async () => {
    const alone = processEnv(portal);
    const { email, flags } = person();
    const { code, stderr } = await runStarter(['onboard', ...flags], { env: alone });
    expect(code).toBe(6);
    expect(stderr).toContain('npm run worker');
    expect(stderr).toContain(`onboard:${email} was started, and continues as soon as a worker runs`);

    const late = spawnProgram('worker', [], { env: alone });
    await late.prints(/worker ready/);
    expect((await runStarter(['onboard', ...flags], { env: alone })).code).toBe(0);
    await late.kill('SIGTERM');
  });

  it('onboard --detach warns', async () => {
    const alone = processEnv(portal);
    const { code, stderr } = await runStarter(['onboard', ...person().flags, '--detach'], { env: alone });
    expect([code, stderr]).toEqual([0, expect.stringContaining('warning: no worker polls')]);
  });
});
