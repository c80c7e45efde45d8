import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import { processEnv, setupWorkerProcess } from '../../support/scene.js';
import { emptyFolder, runStarter, spawnProgram } from '../../support/starter.js';

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made));

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('doctor', () => {
  it('prints one line for each finding, with the fix', async () => {
    const { code, stdout } = await runStarter(['doctor'], { env });
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^✓ folder/),
      expect.stringMatching(/^✓ configuration/),
      expect.stringMatching(/^✓ versions .*Temporal SDK 1\.24\.0, Node /),
      expect.stringMatching(/^✓ codec .*off: the history shows names and e-mails/),
      expect.stringMatching(/^✓ connection .*namespace default, with no TLS/),
      expect.stringMatching(/^✓ temporal/),
      expect.stringMatching(new RegExp(`^✓ workers +1 worker on the task queue .* for ${portal.url}$`)),
      expect.stringMatching(/^✓ route +calls to .* go directly$/),
      expect.stringMatching(/^! portal .*the key belongs to a person with the role Owner: it can create every role$/),
      expect.stringMatching(/→ a DocSpaceAdmin's key is enough, unless you create DocSpaceAdmins$/),
    ]);
  });

  it('names the .env and the .local/ of the folder', async () => {
    const cwd = emptyFolder();
    const before = await runStarter(['doctor'], { env, cwd });
    expect(before.stdout.split('\n')[0]).toMatch(/ no .*\.env; no local stack in .*\.local yet$/);
    writeFileSync(join(cwd, '.env'), 'TASK_QUEUE=other\n');
    mkdirSync(join(cwd, '.local'), { mode: 0o700 });
    const after = await runStarter(['doctor'], { env, cwd });
    expect(after.stdout.split('\n')[0]).toMatch(/ settings from .*\.env; local stack in .*\.local$/);
  });

  it('prints the findings as JSON', async () => {
    const { code, stdout } = await runStarter(['doctor', '--json'], { env });
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      expect.arrayContaining([
        { check: 'temporal', ok: true, message: expect.any(String) },
        { check: 'portal', ok: true, message: expect.any(String), fix: expect.any(String) },
      ]),
    ]);
  });

  it('describes the codec without its keys', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const codec = { CODEC_KEYS: `new:${key},old:${key}`, ID_KEY: key };
    const on = await runStarter(['doctor'], { env: { ...env, TASK_QUEUE: 'nobody', ...codec } });
    expect(on.stdout).toContain('on: "new" encrypts, "old" still decrypts; ids are keyed hashes');
    expect(on.stdout).not.toContain(key);
    const wrong = await runStarter(['doctor'], { env: { ...env, CODEC_KEYS: 'new:x' } });
    expect([wrong.code, wrong.stdout]).toEqual([2, expect.stringMatching(/✗ configuration .*CODEC_KEYS/)]);
  });

  it('reports an unreadable certificate with exit 2', async () => {
    const { code, stdout } = await runStarter(['doctor', '--tls-ca-path', '/nowhere.pem'], { env });
    expect([code, stdout]).toEqual([2, expect.stringMatching(/✗ connection .*\/nowhere\.pem/)]);
  });

  it('reports a missing namespace with exit 6, and the command that creates it', async () => {
    const { code, stdout } = await runStarter(['doctor', '--namespace', 'nowhere'], { env });
    expect([code, stdout]).toEqual([
      6,
      expect.stringMatching(/✗ temporal +the namespace nowhere does not exist.*\n.*temporal operator namespace create/),
    ]);
  });

  it('reports a worker that serves another portal', async () => {
    const other = await TestPortal.start();
    const { code, stdout } = await runStarter(['doctor'], {
      env: { ...env, API_HOST: other.url, API_KEY: other.keys.owner },
    });
    expect([code, stdout]).toEqual([
      6,
      expect.stringMatching(new RegExp(`✗ workers .* for ${portal.url}\n.*API_HOST is ${other.url}`)),
    ]);
    await other.close();
  });

  it('reports a site that is no portal, with its address', async () => {
    const url = await serve(
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    );
    const { code, stdout } = await runStarter(['doctor'], { env: { ...env, API_HOST: url } });
    expect([code, stdout]).toEqual([6, expect.stringContaining(`the server at ${url} is not a DocSpace portal`)]);
  });

  it('ends on Ctrl-C while a portal does not answer', async () => {
    let called: () => void;
    const calling = new Promise<void>((resolve) => (called = resolve));
    const url = await serve(() => called());
    const running = spawnProgram('starter', ['doctor'], { env: { ...env, API_HOST: url } });
    await calling;
    const { code, stdout, stderr } = await running.kill('SIGINT');
    expect([code, stderr]).toEqual([130, expect.stringContaining('doctor changes nothing')]);
    expect(stdout).toContain('✓ temporal'); // what was known is printed at once
  });
});

describe('a worker that the portal slows down', () => {
  it('is explained by doctor, status and its log', async () => {
    const own = processEnv(portal);
    const worker = spawnProgram('worker', [], { env: own });
    await worker.prints(/worker ready/);
    await portal.reached('GET /people/{id}', 'answered'); // the check of the key
    const pause = { kind: 'answer', status: 429, headers: { 'retry-after': '3600' } } as const;
    await portal.faults({ route: 'POST /people', times: 1, does: pause });
    const email = `${randomUUID()}@example.com`;
    const person = ['--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role', 'User'];
    await runStarter(['onboard', ...person, '--detach'], { env: own });
    const reason = String.raw`the portal asked for a pause, and calls continue in (?:2\d\d|300) s`;
    await worker.prints(new RegExp(`slow: ${reason}`));
    const shown = new RegExp(String.raw`POST /people: the portal limits calls \(${reason}\)`);
    for (const args of [['doctor'], ['status'], ['status', email]]) {
      expect((await runStarter(args, { env: own })).stdout).toMatch(shown);
    }
    await runStarter(['cancel', email], { env: own });
    await worker.kill('SIGKILL');
  });
});

describe('doctor --duplicates', () => {
  it('finds an e-mail with two accounts, and deletes neither', async () => {
    const own = await TestPortal.start();
    const lateInsert = { kind: 'statement', statement: 'account', disturbed: 'timeout' } as const;
    await own.faults({ route: 'POST /people', times: 1, does: lateInsert });
    const jane = { firstName: 'Jane', lastName: 'Roe', email: 'jane@example.com', type: 'User' };
    await own.raw('POST', '/people', jane);
    for (let other = 0; other < 120; other++)
      await own.raw('POST', '/people', { ...jane, email: `p${other}@example.com` });
    const ownEnv = processEnv(own);
    const worker = spawnProgram('worker', [], { env: ownEnv });
    await worker.prints(/worker ready/);
    const before = await runStarter(['doctor', '--duplicates'], { env: ownEnv });
    expect([before.code, before.stdout]).toEqual([0, expect.stringMatching(/✓ duplicates +none among 125 e-mails/)]);

    await own.raw('POST', '/people', jane);
    await own.release();
    const after = await runStarter(['doctor', '--duplicates'], { env: ownEnv });
    expect([after.code, after.stdout]).toEqual([
      5,
      expect.stringMatching(/✗ duplicates +1 e-mail with more than one account: jane@example\.com/),
    ]);
    expect(await own.withEmail('jane@example.com')).toHaveLength(2);
    await worker.kill('SIGTERM');
    await own.close();
  });
});

describe('the API key in doctor', () => {
  it.each([
    ['owner', 0, '!', 'it can create every role'],
    ['docSpaceAdmin', 0, '✓', 'it can create every role except DocSpaceAdmin'],
    ['roomAdmin', 0, '✓', 'it can create Guests and Users, and no other role'],
    ['user', 6, '✗', 'it can create nobody'],
  ] as const)('of a %s: its rights', async (holder, exit, sign, rights) => {
    const { code, stdout } = await runStarter(['doctor'], { env: { ...env, API_KEY: portal.keys[holder] } });
    expect([code, stdout]).toEqual([exit, expect.stringMatching(new RegExp(`^${sign} portal .*${rights}$`, 'm'))]);
  });

  it.each([
    [['accounts:write'], 0, 'with the role Owner, and it has the permissions accounts:write: it can create every role'],
    [['accounts:read', 'accounts:write'], 0, 'the permissions accounts:read, accounts:write: it can create every role'],
    [['accounts:read'], 6, 'the permissions accounts:read: it cannot change roles'],
    [['files:write'], 6, 'the permissions files:write: it cannot change roles'],
  ])('limited to %j: its rights', async (permissions, exit, rights) => {
    const response = await portal.raw('POST', '/keys', { name: 'limited', permissions });
    const { key } = ((await response.json()) as { response: { key: string } }).response;
    const { code, stdout } = await runStarter(['doctor'], { env: { ...env, API_KEY: key } });
    expect([code, stdout]).toEqual([exit, expect.stringContaining(rights)]);
  });

  it('that the portal refuses is exit 6', async () => {
    const { code, stdout } = await runStarter(['doctor'], { env: { ...env, API_KEY: 'sk-1' } });
    expect([code, stdout]).toEqual([6, expect.stringContaining('the portal refuses the API key')]);
  });
});
