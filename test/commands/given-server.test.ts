import { Client, Connection } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { searchAttributesFor } from '../../src/contract/search-attributes.js';
import { TestPortal } from '../support/portal.js';
import { processEnv, setupWorkerProcess } from '../support/scene.js';
import { runStarter, spawnProgram } from '../support/starter.js';

/** The starter and a worker as processes, on a Temporal server that was there before. */

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made));

function person(role = 'User'): { email: string; flags: string[] } {
  const email = `${randomUUID()}@example.com`;
  return { email, flags: ['--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role', role] };
}

describe('onboard', () => {
  it('waits until the portal shows it, with plain lines on the way and the facts at the end', async () => {
    const { email, flags } = person('RoomAdmin');
    const { code, stdout, stderr } = await runStarter(['onboard', ...flags], { env });
    expect([code, ...stderr.trim().split('\n')]).toEqual([
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
      'by the portal, read back at',
    ]) {
      expect(stdout).toContain(fact);
    }
  });

  it('attaches to the run that is there, in whatever case the e-mail is written, and creates nobody', async () => {
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

  it('reads the portal again after a closed run', async () => {
    const { email, flags } = person();
    await runStarter(['onboard', ...flags, '--role-window', '0'], { env });
    const before = await portal.ledger();
    const { code, stdout } = await runStarter(['onboard', ...flags, '--json'], { env });
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { state: 'onboarded', role: 'User' }]);
    expect((await portal.ledger()).length).toBeGreaterThan(before.length);
    expect(await portal.withEmail(email)).toHaveLength(1);
  });

  it('follows only its own run: once terminated, it ends with exit 4 and starts no other', async () => {
    await portal.faults({ route: 'POST /people', when: 'before', times: 1, does: { kind: 'hold' } });
    const { email, flags } = person();
    const running = spawnProgram('starter', ['onboard', ...flags], { env });
    await portal.reached('POST /people', 'received');
    const client = new Client({ connection: await Connection.connect({ address: env['TEMPORAL_ADDRESS'] ?? '' }) });
    await client.workflow.getHandle(`onboard:${email}`).terminate('wrong person');
    expect(await running.finished).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(new RegExp(`onboard:${email} was terminated by .* \\(wrong person\\)`)),
    });
    expect((await client.workflow.getHandle(`onboard:${email}`).describe()).status.name).toBe('TERMINATED');
    await portal.release();
    await client.connection.close();
  });

  it('changes nothing where the run wants another role, and is exit 7', async () => {
    const { email, flags } = person();
    await runStarter(['onboard', ...flags], { env });
    const { code, stderr } = await runStarter(['onboard', ...flags.slice(0, -1), 'DocSpaceAdmin'], { env });
    expect([code, stderr]).toEqual([7, expect.stringContaining(`npm run starter -- role ${email} DocSpaceAdmin`)]);
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
  });

  it('ends as failed with exit 4 where the account is somebody else’s', async () => {
    const { email, flags } = person('RoomAdmin');
    await portal.raw('POST', '/people', { firstName: 'Some', lastName: 'One', email, type: 'User' });
    const { code, stdout } = await runStarter(['onboard', ...flags], { env });
    expect([code, stdout]).toEqual([4, expect.stringContaining('--existing adopt')]);
  });

  it('--detach starts it and does not wait', async () => {
    const { email, flags } = person();
    const { code, stderr } = await runStarter(['onboard', ...flags, '--detach'], { env });
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Started onboard:${email}`)]);
    expect((await runStarter(['onboard', ...flags], { env })).code).toBe(0);
  });

  it('Ctrl-C leaves the work to the server, and says so', async () => {
    await portal.faults({ route: 'POST /people', when: 'before', times: 1, does: { kind: 'hold' } });
    const { email, flags } = person();
    const running = spawnProgram('starter', ['onboard', ...flags], { env });
    await portal.reached('POST /people', 'received');
    const { code, stderr } = await running.kill('SIGINT');
    expect([code, stderr]).toEqual([130, expect.stringContaining('The work continues at the server')]);
    await portal.release();
    expect((await runStarter(['onboard', ...flags], { env })).code).toBe(0);
    expect(await portal.withEmail(email)).toHaveLength(1);
  });
});

describe('what needs a person', () => {
  it('is exit 5 with the fix; status shows it; retry continues it', async () => {
    await portal.faults({
      route: 'POST /people',
      when: 'before',
      times: 1,
      does: { kind: 'answer', status: 401, headers: {}, body: '' },
    });
    const { email, flags } = person();
    const parked = await runStarter(['onboard', ...flags], { env });
    expect([parked.code, parked.stdout]).toEqual([5, expect.stringContaining('the portal refuses the API key')]);

    const one = await runStarter(['status', email, '--json'], { env });
    expect([one.code, JSON.parse(one.stdout)]).toMatchObject([
      5,
      { state: 'needs-attention', attention: { reason: 'api-key' } },
    ]);
    const all = await runStarter(['status', '--json'], { env });
    expect(JSON.parse(all.stdout)).toContainEqual(
      expect.objectContaining({ email, state: 'needs-attention', reason: 'api-key' }),
    );

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

  it('needs no open onboarding', async () => {
    const { email } = person();
    await portal.raw('POST', '/people', { firstName: 'Some', lastName: 'One', email, type: 'User' });
    const { code } = await runStarter(['role', email, 'DocSpaceAdmin'], { env });
    expect(code).toBe(0);
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'DocSpaceAdmin' }]);
  });

  it('of somebody who has no account is exit 4', async () => {
    const { code, stdout } = await runStarter(['role', person().email, 'User'], { env });
    expect([code, stdout]).toEqual([4, expect.stringContaining('there is no account with this e-mail')]);
  });
});

describe('cancel', () => {
  it('makes no further write, and prints what the portal has', async () => {
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

  it('and status of somebody unknown are exit 4', async () => {
    const { email } = person();
    expect((await runStarter(['cancel', email], { env })).code).toBe(4);
    expect((await runStarter(['status', email], { env })).code).toBe(4);
  });
});

describe('another portal at the same server', () => {
  it('is never spoken for', async () => {
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
  it('moves no cursor by its name: what nobody sees is shown as a number', async () => {
    const connection = await Connection.connect({ address: env['TEMPORAL_ADDRESS'] ?? '' });
    const workflowId = `onboard:\u001B[2Jx\u202E${randomUUID()}`;
    const typedSearchAttributes = searchAttributesFor({ portal: portal.url });
    const { workflow } = new Client({ connection });
    const run = await workflow.start('onboardUser', {
      workflowId,
      taskQueue: 'nobody',
      args: [],
      typedSearchAttributes,
    });
    const { code, stdout } = await runStarter(['status'], { env });
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining(workflowId.slice(8).replace('\u001B', '<U+001B>').replace('\u202E', '<U+202E>')),
    ]);
    expect(stdout).not.toContain('\u001B');
    await run.terminate();
    await connection.close();
  });
});

describe('nobody polls the queue', () => {
  it('is exit 6, names the worker, and says that it was started all the same', async () => {
    const alone = processEnv(portal);
    const { email, flags } = person();
    const { code, stderr } = await runStarter(['onboard', ...flags], { env: alone });
    expect(code).toBe(6);
    expect(stderr).toContain('npm run worker');
    expect(stderr).toContain(`onboard:${email} was started, and continues as soon as a worker runs`);

    const late = spawnProgram('worker', [], { env: alone });
    expect((await runStarter(['onboard', ...flags], { env: alone })).code).toBe(0);
    await late.kill('SIGTERM');
  });

  it('is a warning with --detach', async () => {
    const alone = processEnv(portal);
    const { code, stderr } = await runStarter(['onboard', ...person().flags, '--detach'], { env: alone });
    expect([code, stderr]).toEqual([0, expect.stringContaining('warning: no worker polls')]);
  });
});

describe('doctor', () => {
  it('says what it found, a line each', async () => {
    const { code, stdout } = await runStarter(['doctor'], { env });
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^✓ configuration/),
      expect.stringMatching(/^✓ versions .*Temporal SDK 1\.24\.0, Node /),
      expect.stringMatching(/^✓ codec .*off: names and e-mails can be read/),
      expect.stringMatching(/^✓ connection .*namespace default, with no TLS/),
      expect.stringMatching(/^✓ temporal/),
      expect.stringMatching(/^✓ workers/),
      expect.stringMatching(/^! portal .*the key belongs to a person with the role Owner: it can create every role$/),
      expect.stringMatching(/→ unless DocSpaceAdmins are to be made, the key of a DocSpaceAdmin is enough$/),
    ]);
  });

  it('says how the codec and the connection are set, and what is wrong with them', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const codec = { CODEC_KEYS: `new:${key},old:${key}`, ID_KEY: key };
    const on = await runStarter(['doctor'], { env: { ...env, ...codec } });
    expect([on.code, on.stdout]).toEqual([
      0,
      expect.stringContaining('on: "new" encrypts, and "old" still decrypts; ids are keyed hashes'),
    ]);
    expect(on.stdout).not.toContain(key);
    const wrong = await runStarter(['doctor'], { env: { ...env, CODEC_KEYS: 'new:x' } });
    expect([wrong.code, wrong.stdout]).toEqual([
      2,
      expect.stringContaining('the key "new" in CODEC_KEYS is not base64'),
    ]);
    const broken = await runStarter(['doctor', '--tls-ca-path', '/nowhere.pem'], { env });
    expect([broken.code, broken.stdout]).toEqual([2, expect.stringMatching(/✗ connection .*\/nowhere\.pem/)]);
  });

  it('says what is no portal, naming the address', async () => {
    const site = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'));
    await once(site.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    const { code, stdout } = await runStarter(['doctor'], { env: { ...env, API_HOST: url } });
    expect([code, stdout]).toEqual([6, expect.stringContaining(`the server at ${url} is not a DocSpace portal`)]);
    site.close();
  });

  it('--duplicates finds an e-mail that stands twice, and deletes nothing', async () => {
    const own = await TestPortal.start();
    const lateInsert = { kind: 'statement', statement: 'account', disturbed: 'timeout' } as const;
    await own.faults({ route: 'POST /people', times: 1, does: lateInsert });
    const jane = { firstName: 'Jane', lastName: 'Roe', email: 'jane@example.com', type: 'User' };
    await own.raw('POST', '/people', jane);
    for (let other = 0; other < 120; other++)
      await own.raw('POST', '/people', { ...jane, email: `p${other}@example.com` });
    const alone = { ...env, API_HOST: own.url, API_KEY: own.keys.owner };
    const before = await runStarter(['doctor', '--duplicates'], { env: alone });
    expect([before.code, before.stdout]).toEqual([0, expect.stringContaining('none among 125 e-mails')]);

    await own.raw('POST', '/people', jane);
    await own.release();
    const after = await runStarter(['doctor', '--duplicates'], { env: alone });
    expect([after.code, after.stdout]).toEqual([5, expect.stringContaining('more than once: jane@example.com')]);
    expect(await own.withEmail('jane@example.com')).toHaveLength(2);
    await own.close();
  });

  it.each([
    ['owner', 0, '!', 'it can create every role'],
    ['docSpaceAdmin', 0, '✓', 'it can create every role except DocSpaceAdmin'],
    ['roomAdmin', 0, '✓', 'it can create Users and no other role'],
    ['user', 6, '✗', 'it can create nobody'],
  ] as const)('says what a key of a %s may do', async (whose, exit, sign, may) => {
    const { code, stdout } = await runStarter(['doctor'], { env: { ...env, API_KEY: portal.keys[whose] } });
    expect([code, stdout]).toEqual([exit, expect.stringMatching(new RegExp(`^${sign} portal .*${may}$`, 'm'))]);
  });

  it('says that a key is refused', async () => {
    const { code, stdout } = await runStarter(['doctor'], { env: { ...env, API_KEY: 'sk-1' } });
    expect([code, stdout]).toEqual([6, expect.stringContaining('the portal refuses the API key')]);
  });
});
