import { Client, Connection } from '@temporalio/client';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { isListening } from '../../src/local/ports.js';
import { databaseIn } from '../../src/local/dev-server.js';
import { listDevServers } from '../../src/local/running-servers.js';
import type { StackRecord } from '../../src/local/stack-record.js';
import { attributeKeys, batchKey } from '../../src/contract/search-attributes.js';
import { onboardingId, type Outcome } from '../../src/contract/onboarding.js';
import { listeningAddresses } from '../support/listening.js';
import { importTwice } from '../support/imports.js';
import { TestPortal } from '../support/portal.js';
import {
  emptyFolder,
  janeRoe,
  runStarter,
  spawnOnTerminal,
  spawnProgram,
  type Finished,
  type ProcessOptions,
  type Running,
} from '../support/starter.js';
import { untilListed } from '../support/temporal.js';

/** What a user does in an empty folder with nothing running: each command starts what it needs. */

beforeAll(async () => {
  const taken = await Promise.all([7233, 8092].map(isListening));
  if (taken.includes(true)) throw new Error('stop `npm run dev` first: these tests start their own stack');
});

const john = 'john.doe@example.com';

function outcomeOf({ stdout, stderr, code }: Finished): Outcome & { code: number | null } {
  if (stdout === '') throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Outcome), code };
}

function ownerOf(cwd: string): StackRecord {
  return JSON.parse(readFileSync(join(cwd, '.local/sandbox/owner.json'), 'utf8')) as StackRecord;
}

/** Stacks that a failed test leaves behind, because they would keep the ports from the other tests. */
let started: Running[] = [];

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await Promise.all(started.map((stack) => stack.kill('SIGINT')));
  started = [];
});

function startDev(args: readonly string[], options: ProcessOptions): Running {
  const dev = spawnProgram('starter', args, options);
  started.push(dev);
  return dev;
}

/** The process of the Temporal server of a folder's sandbox. */
async function serverOf(cwd: string): Promise<number | undefined> {
  const servers = await listDevServers();
  return servers.find(({ database }) => database === databaseIn(join(cwd, '.local/sandbox')))?.pid;
}

describe('one after the other', () => {
  const cwd = emptyFolder();
  let first: Outcome;

  it('npm start onboards John Doe', async () => {
    const outcome = outcomeOf(await runStarter(['onboard', '--json'], { cwd }));
    expect(outcome).toMatchObject({
      code: 0,
      email: john,
      state: 'onboarded',
      requestedRole: 'Manager',
      role: 'RoomAdmin',
      created: true,
      webUi: null, // it stops with the command
    });
    first = outcome;
  });

  it('npm start again finds that outcome, and creates nobody', async () => {
    const outcome = outcomeOf(await runStarter(['onboard', '--json'], { cwd }));
    expect(outcome).toMatchObject({ code: 0, runId: first.runId, userId: first.userId });
    const ids = people(cwd)
      .filter((line) => line.includes(john))
      .map(idIn);
    expect(new Set(ids)).toEqual(new Set([first.userId]));
  });

  it('role starts the server again, and signals the open workflow', async () => {
    const outcome = outcomeOf(await runStarter(['role', john, 'DocSpaceAdmin', '--json'], { cwd }));
    expect(outcome).toMatchObject({ code: 0, runId: first.runId, role: 'DocSpaceAdmin' });
    expect(people(cwd).at(-1)).toContain('"groups":["Admin"]');
  });

  it('status needs no portal', async () => {
    const { code, stdout } = await runStarter(['status'], { cwd });
    expect([code, stdout]).toEqual([0, expect.stringContaining(john)]);
  });

  it('status --watch stops the server that it started', async () => {
    const watching = spawnProgram('starter', ['status', '--watch'], { cwd });
    await watching.prints(new RegExp(`"${john}".*"state":"onboarded"`));
    const { code, stderr } = await watching.kill('SIGINT');
    expect([code, stderr]).toEqual([130, expect.stringContaining('`npm run dev` continues open work')]);
    expect(await isListening(7233)).toBe(false);
  });

  it('another portal has its own history', async () => {
    const other = await TestPortal.start();
    const env = { API_HOST: other.url, API_KEY: other.keys.owner };
    const outcome = outcomeOf(await runStarter(['onboard', '--json'], { cwd, env }));
    expect(outcome).toMatchObject({ code: 0, portal: other.url, state: 'onboarded', created: true });
    expect(outcome.userId).not.toBe(first.userId);
    expect(await other.withEmail(john)).toMatchObject([{ type: 'RoomAdmin' }]);
    await other.close();
  });

  it('a portal without a key is exit 2, because the command starts the worker', async () => {
    const env = { API_HOST: 'https://portal.example.com' };
    const { code, stderr } = await runStarter(['onboard', '--yes'], { cwd, env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('API_KEY is not set')]);
  });

  it('--detach is refused if the server would stop with the command', async () => {
    const { code, stderr } = await runStarter(['onboard', '--detach'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('npm run dev')]);
    expect(stderr).not.toContain('Web UI'); // nothing was started
  });

  it('leaves nothing behind', async () => {
    expect(await Promise.all([7233, 8233, 8092].map(isListening))).toEqual([false, false, false]);
  });
});

describe('interrupted', () => {
  it('kill -9: the same command stops the abandoned server, and finishes', async () => {
    const cwd = emptyFolder();
    const killed = spawnProgram('starter', ['onboard'], { cwd });
    await killed.prints(/Temporal 127\.0\.0\.1:7233/);
    await killed.kill('SIGKILL');
    const server = await serverOf(cwd);
    expect(server).toBeDefined();
    const elsewhere = await runStarter(['status'], { cwd: emptyFolder() });
    expect(elsewhere.stderr).toContain(`A killed command left its Temporal server on port 7233 (process ${server}`);

    expect(outcomeOf(await runStarter(['onboard', '--json'], { cwd }))).toMatchObject({ code: 0, state: 'onboarded' });
    expect(await serverOf(cwd)).toBeUndefined();
    expect(
      new Set(
        people(cwd)
          .filter((line) => line.includes(john))
          .map(idIn),
      ).size,
    ).toBe(1);
  });

  it('kill -9 of npm run dev: an import says what is missing on a line of its own, and dev continues it', async () => {
    const cwd = emptyFolder();
    const portal = await TestPortal.start();
    const env = { API_HOST: portal.url, API_KEY: portal.keys.owner, SETTLE_WINDOW: '1s' };
    writeFileSync(join(cwd, 'people.csv'), 'first name,last name,email,role\nJane,Roe,jane@example.com,User\n');
    await portal.faults({ route: 'POST /people', when: 'before', times: 1, does: { kind: 'hold' } });
    const dev = startDev(['dev', '--headless'], { cwd, env });
    await dev.prints(/worker ready/);
    const importing = spawnOnTerminal(['import', 'people.csv'], { cwd, env });
    await importing.prints(/0 of 1/);
    await portal.reached('POST /people', 'received');
    await dev.kill('SIGKILL');
    const { code, stdout } = await importing.finished;
    expect([code, stripVTControlCharacters(stdout)]).toEqual([
      6,
      expect.stringMatching(
        /(?:\n|\r)error: a killed command left the Temporal server at .* behind, without a worker\r\nRun `npm run dev` in /,
      ),
    ]);
    await portal.release();
    const again = startDev(['dev', '--headless'], { cwd, env });
    await again.prints(/worker ready/);
    expect((await importTwice(portal, () => runStarter(['import', 'people.csv'], { cwd, env }))).code).toBe(0);
    expect(await portal.withEmail('jane@example.com')).toHaveLength(1);
    await again.kill('SIGINT');
    await portal.close();
  });

  it('kill -9 of the Temporal server ends npm run dev with exit 6', async () => {
    const cwd = emptyFolder();
    const dev = startDev(['dev', '--headless'], { cwd });
    await dev.prints(/worker ready/);
    process.kill((await serverOf(cwd))!, 'SIGKILL');
    const { code, stderr } = await dev.finished;
    expect([code, stderr]).toEqual([
      6,
      expect.stringContaining('the Temporal dev server has failed (it ended with SIGKILL)'),
    ]);
  });

  it('Ctrl-C stops the work, and the same command continues it', async () => {
    const cwd = emptyFolder();
    const portal = await TestPortal.start();
    const env = { API_HOST: portal.url, API_KEY: portal.keys.owner };
    const person = janeRoe('jane@example.com');
    await portal.faults({ route: 'POST /people', when: 'before', times: 1, does: { kind: 'hold' } });
    const running = spawnProgram('starter', ['onboard', ...person], { cwd, env });
    await portal.reached('POST /people', 'received');
    const { code, stderr } = await running.kill('SIGINT');
    expect([code, stderr]).toEqual([130, expect.stringContaining('Run the same command again to continue it')]);
    await portal.release();

    expect(outcomeOf(await runStarter(['onboard', ...person, '--json'], { cwd, env }))).toMatchObject({
      code: 0,
      created: true,
    });
    expect(await portal.withEmail('jane@example.com')).toHaveLength(1);
    await portal.close();
  });
});

describe('side by side', () => {
  const cwd = emptyFolder();

  it('a second command waits for the first', async () => {
    const one = spawnProgram('starter', ['onboard', '--json'], { cwd });
    await expect.poll(() => existsSync(join(cwd, '.local/sandbox/owner.json'))).toBe(true); // long before the first ends
    const two = await runStarter(['onboard', '--json'], { cwd });
    expect(two.stderr).toContain('waiting for it to end');
    expect([outcomeOf(await one.finished), outcomeOf(two)]).toMatchObject([{ code: 0 }, { code: 0 }]);
  });

  describe('with npm run dev', () => {
    const dev = { stop: async (): Promise<unknown> => undefined };

    beforeAll(async () => {
      const running = spawnProgram('starter', ['dev'], { cwd, env: { SETTLE_WINDOW: '1s' } });
      dev.stop = () => running.kill('SIGINT');
      await running.prints(/worker ready/);
    });

    afterAll(() => dev.stop());

    it('a command uses its stack', async () => {
      const jane = janeRoe('jane.roe@example.com');
      const onboarded = await runStarter(['onboard', ...jane, '--json'], { cwd });
      const webUi = expect.stringMatching(/^http:\/\/localhost:8233\/.*\/user-metadata$/) as string;
      expect(outcomeOf(onboarded)).toMatchObject({ code: 0, role: 'User', webUi });
      expect(onboarded.stderr).not.toContain('CLI from');
      const changed = await runStarter(['role', 'jane.roe@example.com', 'RoomAdmin', '--json'], { cwd });
      expect(outcomeOf(changed)).toMatchObject({ code: 0, role: 'RoomAdmin' });
      const listed = await runStarter(['status'], { cwd });
      expect(listed.stdout).toContain('jane.roe@example.com');
      expect(listed.stdout).toContain(john);
    });

    it('status links to lists of the Web UI', async () => {
      const connection = await Connection.connect({ address: '127.0.0.1:7233' });
      const run = await new Client({ connection }).workflow.start('onboardUser', {
        workflowId: onboardingId('ann@example.com'),
        taskQueue: 'docspace-onboarding',
        args: [{ email: 'ann@example.com', firstName: 'Ann', role: 'User', portal: ownerOf(cwd).portal }],
        typedSearchAttributes: [{ key: batchKey, value: 'batch:1' }],
      });
      await untilListed(run);
      await connection.close();
      const { stdout } = await runStarter(['status'], { cwd });
      const view = (query: string) =>
        `http://localhost:8233/namespaces/default/workflows?query=${encodeURIComponent(query)}`;
      expect(stdout).toContain(
        view(`OnboardingState="needs-attention" AND Portal="${ownerOf(cwd).portal}" AND ExecutionStatus="Running"`),
      );
      expect(stdout).toContain(`batch:1  ${view('Batch="batch:1"')}`);
    });

    it('a run that the Temporal CLI starts as docs/web-ui.md shows is listed as any other', async () => {
      const page = readFileSync(new URL('../../docs/web-ui.md', import.meta.url), 'utf8');
      const [, start = ''] = /```sh\n(temporal workflow start [^]*?)\ntemporal workflow signal/.exec(page) ?? [];
      const bin = dirname(inject('temporalCli'));
      execFileSync('bash', ['-c', start], { env: { PATH: `${bin}:${process.env['PATH']}`, HOME: cwd } });
      const line = async (): Promise<string | undefined> =>
        (await runStarter(['status'], { cwd })).stdout.split('\n').find((row) => row.startsWith('ann.lee@'));
      await expect.poll(line).toMatch(/ann\.lee@example\.com +onboarded +User/);
    });

    it('a command with its address needs no API_HOST, from any folder', async () => {
      const { code, stdout } = await runStarter(['status', '--address', '127.0.0.1:7233'], { cwd: emptyFolder() });
      expect([code, stdout]).toEqual([0, expect.stringContaining(john)]);
    });

    it('a command for another portal starts its own stack', async () => {
      const other = await TestPortal.start();
      const env = { API_HOST: other.url, API_KEY: other.keys.owner };
      const outcome = outcomeOf(await runStarter(['onboard', '--json'], { cwd, env }));
      expect(outcome).toMatchObject({ code: 0, portal: other.url, state: 'onboarded' });
      await other.close();
    });

    it('a second one reports that it runs already', async () => {
      const { code, stderr } = await runStarter(['dev'], { cwd });
      expect([code, stderr]).toEqual([0, expect.stringContaining('The stack is already running')]);
    });

    it('its server listens on loopback only, and its HTTP API refuses web pages', async () => {
      const addresses = await listeningAddresses((await serverOf(cwd)) ?? 0);
      expect(addresses.length).toBeGreaterThan(2);
      expect(addresses.filter((address) => !address.startsWith('127.0.0.1:'))).toEqual([]);

      // The HTTP API has a port of its own, at random: whatever speaks HTTP refuses the signal.
      const answers = await Promise.all(addresses.map((address) => signalFromWebPage(`http://${address}`)));
      expect(answers).toContain(403);
      expect(answers).not.toContain(200);
    });

    it('nobody else can read its files', () => {
      for (const name of ['', 'temporal.sqlite', 'temporal.log', 'worker.log', 'people.jsonl', 'owner.json']) {
        expect([name, statSync(join(cwd, '.local/sandbox', name)).mode & 0o077]).toEqual([name, 0]);
      }
    });
  });
});

describe('a history of an older version', () => {
  it('gets new search attributes', async () => {
    const cwd = emptyFolder();
    mkdirSync(join(cwd, '.local/sandbox'), { recursive: true });
    const older = spawn(
      inject('temporalCli'),
      ['server', 'start-dev', '--headless', '--db-filename', join(cwd, '.local/sandbox/temporal.sqlite')],
      { stdio: 'ignore' },
    );
    await expect.poll(() => isListening(7233)).toBe(true);
    older.kill('SIGINT');
    await once(older, 'exit');

    const dev = startDev(['dev'], { cwd });
    await dev.prints(/worker ready/);
    const connection = await Connection.connect({ address: '127.0.0.1:7233' });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(attributeKeys.map(({ name }) => name)));
    await connection.close();
    await dev.kill('SIGINT');
  });
});

describe('two stacks that start together', () => {
  it('each use their own server', async () => {
    const portal = await TestPortal.start();
    const env = { API_HOST: portal.url, API_KEY: portal.keys.owner };
    const [late, early] = [emptyFolder(), emptyFolder()];
    const lateCli = join(late, 'temporal');
    const gate = join(late, 'gate');
    execFileSync('mkfifo', [gate]);
    const wait = `if [ "$1" = server ] && [ -p '${gate}' ]; then read -r line < '${gate}'; rm '${gate}'; fi`;
    writeFileSync(lateCli, `#!/bin/sh\n${wait}\nexec '${inject('temporalCli')}' "$@"\n`, { mode: 0o700 });

    const one = startDev(['dev', '--headless'], { cwd: late, env: { ...env, TEMPORAL_CLI: lateCli } });
    await expect.poll(async () => (await listDevServers()).map(({ port }) => port)).toContain(7233);
    const two = startDev(['dev', '--headless'], { cwd: early, env });
    // Before its server starts, the second one listens on the port for a moment to find out whether it is free.
    const databases = async (): Promise<string[]> => (await listDevServers()).map(({ database }) => database);
    await expect.poll(databases).toContainEqual(expect.stringContaining(early));
    await expect.poll(() => isListening(7233)).toBe(true);
    await writeFile(gate, '\n');
    await Promise.all([one.prints(/worker ready/), two.prints(/worker ready/)]);
    expect(two.stderr).toContain('Temporal 127.0.0.1:7233');
    expect(one.stderr).toContain(`Port 7233 belongs to the stack in ${early}`);
    expect(one.stderr).not.toContain('Temporal 127.0.0.1:7233');
    await Promise.all([one.kill('SIGINT'), two.kill('SIGINT')]);
    await portal.close();
  });

  it('each use their own sandbox', async () => {
    const stacks = [emptyFolder(), emptyFolder()].map((cwd) => startDev(['dev', '--headless'], { cwd }));
    await Promise.all(stacks.map((stack) => stack.prints(/worker ready/)));
    const portals = stacks.map(({ stderr }) => /Portal (http:\S+)/.exec(stderr)?.[1]);
    expect(new Set(portals).size).toBe(2);
    await Promise.all(stacks.map((stack) => stack.kill('SIGINT')));
  });
});

/** These stacks fail to start, but their servers take port 7233 for a moment. */
describe('a folder of a stack', () => {
  function folderWith(make: (local: string) => void): string {
    const cwd = emptyFolder();
    mkdirSync(join(cwd, '.local/sandbox'), { recursive: true, mode: 0o700 });
    make(join(cwd, '.local'));
    return cwd;
  }

  it.each([
    [
      'is garbled',
      (local: string) => writeFileSync(join(local, 'sandbox/portal-port'), 'x\n'),
      'does not contain a port',
    ],
    [
      'cannot be written',
      (local: string) => symlinkSync('/dev/full', join(local, 'sandbox/owner.json')),
      'the disk is full',
    ],
  ])('with a file that %s is exit 2, with its path', async (_, make, problem) => {
    const { code, stderr } = await runStarter(['status'], { cwd: folderWith(make) });
    expect([code, stderr]).toEqual([2, expect.stringMatching(new RegExp(`\\.local/sandbox/\\S+.*${problem}`))]);
  });

  it.each<[string, string | undefined, string]>([
    ['does not fit on the disk', undefined, 'cannot write its database in'],
    ['was begun on a full disk', '', 'is damaged'],
    ['is damaged', 'not SQLite'.repeat(1_000), 'is damaged'],
  ])('with a database that %s is exit 2, with its path', async (_, content, problem) => {
    const cwd = folderWith((local) => {
      if (content !== undefined) writeFileSync(join(local, 'sandbox/temporal.sqlite'), content);
      const limited = `#!/bin/sh\n[ "$1" = server ] && ulimit -f 8\nexec '${inject('temporalCli')}' "$@"\n`;
      writeFileSync(join(local, 'cli'), limited, { mode: 0o700 });
    });
    const env = { TEMPORAL_CLI: join(cwd, '.local/cli') };
    const { code, stderr } = await runStarter(['status'], { cwd, env });
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
    expect(stderr).toContain(join(cwd, '.local/sandbox'));
  });
});

describe('another program on port 7233', () => {
  it('is never used: the stack has its own ports, and every command finds it', async () => {
    let connections = 0;
    const other = createServer((socket) => {
      connections++;
      socket.destroy();
    }).listen(7233, '127.0.0.1');
    await once(other, 'listening');
    const cwd = emptyFolder();
    const dev = startDev(['dev', '--headless'], { cwd });
    await dev.prints(/worker ready/);
    expect(dev.stderr).toContain('Port 7233 belongs to another program.');
    expect(dev.stderr).toContain('no Web UI');
    expect(await isListening(8233)).toBe(false);
    expect(outcomeOf(await runStarter(['onboard', '--json'], { cwd }))).toMatchObject({ code: 0, state: 'onboarded' });
    expect((await runStarter(['status'], { cwd })).stdout).toContain(john);
    await dev.kill('SIGINT');
    expect(connections).toBe(0);
    other.close();
  });
});

it('a command in another folder than the configured checkout says that it uses the sandbox', async () => {
  const checkout = emptyFolder();
  const root = fileURLToPath(new URL('../../', import.meta.url));
  for (const name of ['dist', 'package.json']) cpSync(join(root, name), join(checkout, name), { recursive: true });
  symlinkSync(realpathSync(join(root, 'node_modules')), join(checkout, 'node_modules'));
  writeFileSync(join(checkout, '.env'), 'LOG_LEVEL=info\n');
  const status = (cwd: string): string =>
    spawnSync(process.execPath, [join(checkout, 'dist/starter.js'), 'status'], {
      cwd,
      env: { PATH: process.env['PATH'], TEMPORAL_CLI: inject('temporalCli') },
      encoding: 'utf8',
    }).stderr;
  expect(status(emptyFolder())).toContain(`This folder has neither .env nor .local, so the command uses a new sandbox`);
  expect(status(checkout)).not.toContain('neither .env nor .local');
});

describe('a proxy', () => {
  it('is not used for the local stack', async () => {
    const env = {
      http_proxy: 'http://127.0.0.1:9',
      https_proxy: 'http://127.0.0.1:9',
      grpc_proxy: 'http://127.0.0.1:9',
    };
    const onboarded = await runStarter(['onboard', '--json'], { cwd: emptyFolder(), env });
    expect(outcomeOf(onboarded)).toMatchObject({ code: 0, state: 'onboarded' });
    expect(onboarded.stderr).not.toContain('DEP0123');
  });
});

describe('a port in use', () => {
  it('names the setting to move the sandbox', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runStarter(['sandbox', '--port', String(port)]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(new RegExp(`port ${port} is in use[^]*--port`))]);
    other.close();
  });
});

/** The status of a cross-origin POST that would change a role, or `undefined` where no HTTP is spoken. */
async function signalFromWebPage(url: string): Promise<number | undefined> {
  const path = `/api/v1/namespaces/default/workflows/${encodeURIComponent(`onboard:${john}`)}/signal/changeRole`;
  const init = { method: 'POST', headers: { 'content-type': 'text/plain', origin: 'http://evil.example' }, body: '{}' };
  return fetch(url + path, { ...init, signal: AbortSignal.timeout(20_000) }).then(
    ({ status }) => status,
    () => undefined,
  );
}

function people(cwd: string): string[] {
  return readFileSync(join(cwd, '.local/sandbox/people.jsonl'), 'utf8').trim().split('\n');
}

function idIn(line: string): string {
  return (JSON.parse(line) as { employee: { id: string } }).employee.id;
}
