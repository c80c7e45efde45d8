import { Client, Connection } from '@temporalio/client';
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { EncryptingCodec, MissingKey } from '../../src/codec/payload-codec.js';
import { batchHandle, batchResults } from '../../src/client/batches.js';
import { closedBatch } from '../../src/commands/batch/settle-batch.js';
import { spawnDevServer, type DevServer } from '../../src/local/dev-server.js';
import { freePort } from '../../src/local/ports.js';
import type { Outcome } from '../../src/contract/onboarding.js';
import { TestPortal } from '../support/portal.js';
import { emptyFolder, type Finished, janeRoe, type Running, runStarter, spawnProgram } from '../support/starter.js';
import type { Session } from '../../src/client/session.js';

/** Everything that is written down somewhere, searched for people and keys after a run in which much has happened. */

const key = (): string => randomBytes(32).toString('base64');
const [a, b, idKey] = [key(), key(), key()];
const secretKey = (base64: string) => createSecretKey(base64, 'base64');

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

const outcomeIn = (finished: Finished): Outcome => printed(finished) as Outcome;

function printed({ stdout }: Finished): unknown {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

describe('with a codec', () => {
  let server: DevServer;
  let folder: string;
  let env: Record<string, string>;
  let worker: Running;
  const commandLines: string[] = [];
  const logs: string[] = [];
  const name = (who: string): string => `zcanary${who}`;
  const email = (who: string): string => `zcanary.${who}@example.com`;
  const person = (who: string, role: string): string[] => [
    '--first-name',
    name(who),
    '--last-name',
    'Zcanaryson',
    '--email',
    email(who),
    '--role',
    role,
  ];

  beforeAll(async () => {
    folder = emptyFolder();
    server = spawnDevServer(inject('temporalCli'), folder, await freePort(0), await freePort(0));
    await server.listening();
    env = {
      API_HOST: portal.url,
      // Not the owner's, so that one role is refused and a person of the batch is handed over.
      API_KEY: portal.keys.docSpaceAdmin,
      TEMPORAL_ADDRESS: server.address,
      CODEC_KEYS: `a:${a}`,
      ID_KEY: idKey,
      // A role write is reset below, and a different role is final only after the settle window.
      SETTLE_WINDOW: '1s',
    };
    worker = spawnProgram('worker', [], { env: { ...env, LOG_LEVEL: 'debug' } });
    await worker.prints(/worker ready/);
  });

  afterAll(async () => {
    await worker.kill('SIGTERM');
    await server.stop();
  });

  async function starter(...args: string[]): Promise<Finished> {
    const finished = await runStarter(args, { env });
    logs.push(finished.stderr);
    return finished;
  }

  it('a person is onboarded, and the list of processes does not name them', async () => {
    const saysTooMuch = { status: 500, headers: {}, body: 'at zcanary.one@example.com' };
    await portal.faults(
      { route: 'POST /people', when: 'before', times: 1, does: { kind: 'hold' } },
      { route: 'GET /people/{id}', when: 'before', times: 1, does: { kind: 'answer', ...saysTooMuch } },
      { route: 'PUT /people/{id}', when: 'before', times: 1, does: { kind: 'reset' } },
    );
    const running = spawnProgram('starter', ['onboard', ...person('one', 'User'), '--json'], { env });
    await portal.reached('POST /people', 'received');
    commandLines.push(...allCommandLines());
    await portal.release();
    const finished = await running.finished;
    logs.push(finished.stderr);
    const { state, workflowId } = outcomeIn(finished);
    expect(state).toBe('onboarded');
    expect(workflowId).toMatch(/^onboard:[\da-f]{32}$/);
    const [account] = await portal.withEmail(email('one'));
    expect(account?.notes).toContain(workflowId);
  });

  it('every command takes the e-mail', async () => {
    const { workflowId } = outcomeIn(await starter('status', email('one'), '--json'));
    const changed = outcomeIn(await starter('role', email('one').toUpperCase(), 'RoomAdmin', '--json'));
    expect(changed).toMatchObject({ workflowId, role: 'RoomAdmin' });
  });

  it('a failure has its reason, and the list has its person', async () => {
    await portal.raw('POST', '/people', { firstName: 'Some', lastName: 'One', email: email('two'), type: 'User' });
    const { code, stdout } = await starter('onboard', ...person('two', 'RoomAdmin'));
    expect([code, stdout]).toEqual([4, expect.stringContaining('--existing adopt')]);
    const listed = async (): Promise<unknown> => printed(await starter('status', '--json'));
    await expect.poll(listed).toMatchObject([{ email: email('one') }]); // a moment after the other one has failed
  });

  it('a batch hands over people under the id that the starter knows', async () => {
    const file = join(folder, 'people.csv');
    const rows = ['User', 'RoomAdmin', 'DocSpaceAdmin'].map((role, n) =>
      [`${name('batch')}${'abc'[n]}`, 'Zcanaryson', email(`batch${n}`), role].join(','),
    );
    writeFileSync(file, ['first name,last name,email,role', ...rows].join('\n'));
    expect((await starter('import', file, '--yes')).code).toBe(5);
    const handedOver = await starter('status', email('batch2'), '--json');
    expect(outcomeIn(handedOver)).toMatchObject({
      state: 'needs-attention',
      attention: { reason: 'permission' },
    });
    await expect
      .poll(async () => printed(await starter('status', '--json')))
      .toContainEqual(expect.objectContaining({ email: email('batch2'), reason: 'permission' }));
    expect(printed(await starter('import', file, '--dry-run', '--json'))).toMatchObject({
      prospects: [{ does: 'nothing to do' }, { does: 'nothing to do' }, { does: 'adopt' }],
    });
    expect((await starter('cancel', email('batch2'))).code).toBe(0);
  });

  it('the results of a batch are an error if a key is missing', async () => {
    const connection = await Connection.connect({ address: server.address });
    const sessionWith = (id: string, secret: string): Session => {
      const codec = new EncryptingCodec({ keys: new Map([[id, secretKey(secret)]]), idKey: secretKey(idKey) });
      return {
        client: new Client({ connection, dataConverter: { payloadCodecs: [codec] } }),
        portal: portal.url,
      } as Session;
    };
    const session = sessionWith('a', a);
    const batches = session.client.workflow.list({ query: `WorkflowType = 'onboardBatch'` });
    const { value: closed } = await batches[Symbol.asyncIterator]().next();
    const outcome = await closedBatch(session, batchHandle(session, (closed as { workflowId: string }).workflowId));
    await expect(batchResults(sessionWith('b', b), outcome).next()).rejects.toThrow(MissingKey);
    await connection.close();
  });

  it('a command without the keys of the workers is exit 2, and starts nothing', async () => {
    const { CODEC_KEYS: _keys, ID_KEY: _idKey, ...bare } = env;
    const file = join(folder, 'one.csv');
    writeFileSync(file, `first name,last name,email,role\n${name('bare')},Zcanaryson,${email('bare')},User\n`);
    const line = `the workers of docspace-onboarding at ${server.address} use another codec: CODEC_KEYS is set there, and not here`;
    for (const args of [
      ['onboard', ...person('bare', 'User'), '--detach'],
      ['import', file, '--yes', '--detach'],
      ['role', email('one'), 'User'],
      ['status', email('one')],
      ['cancel', email('one')],
      ['retry', '--all'],
    ]) {
      const { code, stdout, stderr } = await runStarter(args, { env: bare });
      expect([code, stdout, stderr.split('\n')[0]]).toEqual([2, '', `error: ${line}`]);
    }
    const looked = await runStarter(['doctor'], { env: bare });
    expect([looked.code, looked.stdout]).toEqual([2, expect.stringContaining(`✗ codec         ${line}\n`)]);
    expect(await portal.withEmail(email('bare'))).toEqual([]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['another key under the same name', { CODEC_KEYS: `a:${b}` }, 'CODEC_KEYS contains another key named "a" there'],
    ['another ID key', { ID_KEY: b }, 'ID_KEY is another key there'],
    ['a key that the workers lack', { CODEC_KEYS: `b:${b},a:${a}` }, 'CODEC_KEYS lacks the key "b" there'],
  ])('a program with %s is exit 2', async (_, wrong, problem) => {
    const { code, stderr } = await runStarter(['onboard', ...person('wrong', 'User')], { env: { ...env, ...wrong } });
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
    expect(await portal.withEmail(email('wrong'))).toEqual([]);
    if (problem.includes('lacks')) return;
    const second = await spawnProgram('worker', [], { env: { ...env, ...wrong } }).finished;
    expect([second.code, second.stderr]).toEqual([2, expect.stringContaining(problem)]);
  });

  it('a forged signal is refused, and the run continues', async () => {
    const { workflowId } = outcomeIn(await starter('status', email('one'), '--json'));
    const connection = await Connection.connect({ address: server.address });
    const metadata = {
      encoding: Buffer.from('binary/encrypted'),
      'encryption-key-id': Buffer.from('a'),
    };
    await connection.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId },
      signalName: 'changeRole',
      input: { payloads: [{ metadata, data: randomBytes(60) }] },
    });
    await connection.close();
    const { roleChanges, state } = outcomeIn(await starter('status', email('one'), '--json'));
    expect([state, roleChanges.at(-1)]).toMatchObject([
      'onboarded',
      { state: 'refused', message: expect.stringContaining('not encrypted by this program') },
    ]);
    expect((await starter('role', email('one'), 'User')).code).toBe(0);
  });

  it('no person and no key is in the database, a log or the list of processes', async () => {
    commandLines.push(...allCommandLines());
    await worker.kill('SIGTERM');
    await server.stop();
    const written = new Map<string, Buffer>([
      ['server', contentOf(folder)],
      ['worker', Buffer.from(worker.stdout + worker.stderr)],
      ['starter', Buffer.from(logs.join('\n'))],
      ['processes', Buffer.from(commandLines.join('\n'))],
    ]);
    expect(written.get('server')?.length).toBeGreaterThan(100_000);
    const keys = [portal.keys.docSpaceAdmin, a, idKey];
    const secrets = [...keys, ...[a, idKey].map((text) => Buffer.from(text, 'base64').toString('hex'))];
    const found = [...written].flatMap(([where, bytes]) => {
      const text = bytes.toString('latin1').toLowerCase();
      const needles = ['zcanary', ...secrets.map((secret) => secret.toLowerCase())];
      return [
        ...needles.filter((needle) => text.includes(needle)).map((needle) => `${needle} in ${where}`),
        ...[a, idKey].filter((text_) => bytes.includes(Buffer.from(text_, 'base64'))).map(() => `a key in ${where}`),
      ];
    });
    expect(found).toEqual([]);
  });
});

describe('without a codec', () => {
  it('the same search finds the person, and still no key', async () => {
    const folder = emptyFolder();
    const server = spawnDevServer(inject('temporalCli'), folder, await freePort(0), await freePort(0));
    await server.listening();
    const env = { API_HOST: portal.url, API_KEY: portal.keys.docSpaceAdmin, TEMPORAL_ADDRESS: server.address };
    const worker = await workerWith({ ...env, LOG_LEVEL: 'debug' });
    const person = ['--first-name', 'Zcanary', '--last-name', 'Roe', '--email', 'zcanary@example.com'];
    const inAnswer = { status: 500, headers: {}, body: '{"error":{"message":"x","stack":"at zstack"}}' };
    await portal.faults(
      { route: 'GET /people/{id}', when: 'before', times: 1, does: { kind: 'answer', ...inAnswer } },
      { route: 'PUT /people/{id}', when: 'before', times: 1, does: { kind: 'reset' } },
    );
    const finished = await runStarter(['onboard', ...person, '--role', 'DocSpaceAdmin'], { env });
    expect(finished.code).toBe(5);
    const { stderr } = await worker.kill('SIGTERM');
    await server.stop();
    const written = [contentOf(folder).toString('latin1'), stderr, finished.stdout, finished.stderr];
    expect(written[0]).toContain('Zcanary');
    for (const text of written) for (const secret of [env.API_KEY, 'zstack']) expect(text.includes(secret)).toBe(false);
  });
});

describe('a key is rotated in the middle', () => {
  it('the old key is needed while something is encrypted with it; nothing is lost without it', async () => {
    const common = {
      API_HOST: portal.url,
      API_KEY: portal.keys.owner,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TASK_QUEUE: `rotation-${randomUUID()}`,
      ID_KEY: idKey,
    };
    const old = { ...common, CODEC_KEYS: `a:${a}` };
    const both = { ...common, CODEC_KEYS: `b:${b},a:${a}` };
    const gone = { ...common, CODEC_KEYS: `b:${b}` };
    const email = `${randomUUID()}@example.com`;
    const person = janeRoe(email);

    let worker = await workerWith(old);
    const started = await runStarter(['onboard', ...person, '--json'], { env: old });
    const { workflowId } = outcomeIn(started);
    await worker.kill('SIGTERM');

    worker = await workerWith(both);
    expect((await runStarter(['role', email, 'RoomAdmin'], { env: both })).code).toBe(0);
    await worker.kill('SIGTERM');

    worker = await workerWith(gone);
    const says = 'a payload was encrypted with the key "a", which CODEC_KEYS lacks: add it after the first key';
    const all = [
      ['status'],
      ['status', email, '--history'],
      ['role', email, 'User'],
      ['cancel', email],
      ['onboard', ...person],
    ];
    const answers = await Promise.all(all.map((args) => runStarter(args, { env: gone })));
    for (const each of answers) expect(each).toEqual({ code: 2, stdout: '', stderr: `error: ${says}\n` });
    const looked = await runStarter(['doctor'], { env: gone });
    expect([looked.code, looked.stdout]).toEqual([
      2,
      expect.stringContaining(`✗ codec         an open onboarding cannot be read: ${says}\n`),
    ]);
    const { code, stderr } = await runStarter(['status', email], { env: both });
    expect([code, stderr]).toEqual([6, expect.stringMatching(/none answers for .*\n.* lack a key in CODEC_KEYS/)]);
    const connection = await Connection.connect({ address: common.TEMPORAL_ADDRESS });
    await new Client({ connection }).workflow.getHandle(workflowId).signal('changeRole', 'DocSpaceAdmin');
    await worker.prints(/a payload was encrypted with the key \\"a\\"/);
    const stuck = await runStarter(['onboard', ...person], { env: both });
    expect([stuck.code, stuck.stdout]).toEqual([6, '']);
    expect(stuck.stderr).toMatch(/error: .* reports an error: .*\n.* lack a key in CODEC_KEYS/);
    await worker.kill('SIGTERM');

    worker = await workerWith(both);
    await portal.reached('PUT /people/type/{type}', 'committed', 2);
    expect(
      outcomeIn(await runStarter(['onboard', ...person.slice(0, -1), 'DocSpaceAdmin', '--json'], { env: both })),
    ).toMatchObject({ role: 'DocSpaceAdmin' });
    await worker.kill('SIGTERM');
    await connection.close();
  });
});

async function workerWith(env: Record<string, string>): Promise<Running> {
  const worker = spawnProgram('worker', [], { env });
  await worker.prints(/worker ready/);
  return worker;
}

/** The database and the log of a server. */
function contentOf(folder: string): Buffer {
  const files = readdirSync(folder).filter((file) => file.startsWith('temporal.'));
  return Buffer.concat(files.map((file) => readFileSync(join(folder, file))));
}

/** What everybody on this machine reads of every process. */
function allCommandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'latin1');
      } catch {
        return ''; // it has ended meanwhile
      }
    });
}
