import { Client, Connection } from '@temporalio/client';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { isListening } from '../../src/local/ports.js';
import { isRunning } from '../../src/local/processes.js';
import type { OwnerRecord } from '../../src/local/owner.js';
import { attributeKeys, batchKey } from '../../src/contract/search-attributes.js';
import { onboardingId, type Outcome } from '../../src/contract/onboarding.js';
import { listeningAddresses } from '../support/listening.js';
import { TestPortal } from '../support/portal.js';
import { emptyFolder, runStarter, spawnProgram, type Finished } from '../support/starter.js';

/** What a user does in a folder of their own, with nothing running before: each command brings what it needs. */

beforeAll(async () => {
  const taken = await Promise.all([7233, 8092].map(isListening));
  if (taken.includes(true)) throw new Error('stop `npm run dev` first: these tests bring a stack of their own');
});

const john = 'john.doe@example.com';

function outcomeOf({ stdout, stderr, code }: Finished): Outcome & { code: number | null } {
  if (stdout === '') throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Outcome), code };
}

function ownerOf(cwd: string): OwnerRecord {
  return JSON.parse(readFileSync(join(cwd, '.local/sandbox/owner.json'), 'utf8')) as OwnerRecord;
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
    });
    first = outcome;
  });

  it('npm start again attaches to that outcome, and creates nobody', async () => {
    const outcome = outcomeOf(await runStarter(['onboard', '--json'], { cwd }));
    expect(outcome).toMatchObject({ code: 0, runId: first.runId, userId: first.userId });
    expect(
      people(cwd)
        .filter((line) => line.includes(john))
        .map(idIn),
    ).toEqual([first.userId, first.userId, first.userId]);
  });

  it('role brings the server back, the open workflow gets the signal, and the portal shows it', async () => {
    const outcome = outcomeOf(await runStarter(['role', john, 'DocSpaceAdmin', '--json'], { cwd }));
    expect(outcome).toMatchObject({ code: 0, runId: first.runId, role: 'DocSpaceAdmin' });
    expect(people(cwd).at(-1)).toContain('"groups":["Admin"]');
  });

  it('status looks, and does not need the portal', async () => {
    const { code, stdout } = await runStarter(['status'], { cwd });
    expect([code, stdout]).toEqual([0, expect.stringContaining(john)]);
  });

  it('status --watch watches on a server that it brought, and takes it along', async () => {
    const watching = spawnProgram('starter', ['status', '--watch'], { cwd });
    await watching.prints(new RegExp(`"${john}".*"state":"onboarded"`));
    const { code, stderr } = await watching.kill('SIGINT');
    expect([code, stderr]).toEqual([130, expect.stringContaining('`npm run dev` continues what is open')]);
    expect(await isListening(7233)).toBe(false);
  });

  it('another portal is asked for itself, and the first one’s outcome is not reported', async () => {
    const other = await TestPortal.start();
    const env = { API_HOST: other.url, API_KEY: other.keys.owner };
    const outcome = outcomeOf(await runStarter(['onboard', '--json'], { cwd, env }));
    expect(outcome).toMatchObject({ code: 0, portal: other.url, state: 'onboarded', created: true });
    expect(outcome.userId).not.toBe(first.userId);
    expect(await other.withEmail(john)).toMatchObject([{ type: 'RoomAdmin' }]);
    await other.close();
  });

  it('a portal without a key is exit 2, for the worker is this command’s own', async () => {
    const env = { API_HOST: 'https://portal.example.com' };
    const { code, stderr } = await runStarter(['onboard', '--yes'], { cwd, env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('API_KEY is not set')]);
  });

  it('--detach is refused where the server would stop with the command', async () => {
    const { code, stderr } = await runStarter(['onboard', '--detach'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('npm run dev')]);
  });

  it('leaves nothing behind', async () => {
    expect(await Promise.all([7233, 8233, 8092].map(isListening))).toEqual([false, false, false]);
  });
});

describe('interrupted', () => {
  it('kill -9 half-way, then the same command: it ends the server that was left, takes over, and finishes', async () => {
    const cwd = emptyFolder();
    const killed = spawnProgram('starter', ['onboard'], { cwd });
    await killed.prints(/Temporal 127\.0\.0\.1:7233/);
    const { server } = ownerOf(cwd);
    await killed.kill('SIGKILL');
    expect(await isRunning(server?.pid ?? 0, server?.database ?? '')).toBe(true);

    expect(outcomeOf(await runStarter(['onboard', '--json'], { cwd }))).toMatchObject({ code: 0, state: 'onboarded' });
    expect(await isRunning(server?.pid ?? 0, server?.database ?? '')).toBe(false);
    expect(
      new Set(
        people(cwd)
          .filter((line) => line.includes(john))
          .map(idIn),
      ).size,
    ).toBe(1);
  });

  it('Ctrl-C stops the work, and Run the same command again to continue it', async () => {
    const cwd = emptyFolder();
    const portal = await TestPortal.start();
    const env = { API_HOST: portal.url, API_KEY: portal.keys.owner };
    const person = ['--first-name', 'Jane', '--last-name', 'Roe', '--email', 'jane@example.com', '--role', 'User'];
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

  it('a second command waits for the first, and both end well', async () => {
    const one = spawnProgram('starter', ['onboard', '--json'], { cwd });
    await one.prints(/Temporal 127/);
    const two = await runStarter(['onboard', '--json'], { cwd });
    expect(two.stderr).toContain('waiting for it to end');
    expect([outcomeOf(await one.finished), outcomeOf(two)]).toMatchObject([{ code: 0 }, { code: 0 }]);
  });

  describe('with npm run dev', () => {
    const dev = { stop: async (): Promise<unknown> => undefined };

    beforeAll(async () => {
      const running = spawnProgram('starter', ['dev'], { cwd });
      dev.stop = () => running.kill('SIGINT');
      await running.prints(/worker ready/);
    });

    afterAll(() => dev.stop());

    it('a command uses its stack', async () => {
      const jane = ['--first-name', 'Jane', '--last-name', 'Roe', '--email', 'jane.roe@example.com', '--role', 'User'];
      const onboarded = await runStarter(['onboard', ...jane, '--json'], { cwd });
      expect(outcomeOf(onboarded)).toMatchObject({ code: 0, role: 'User' });
      expect(onboarded.stderr).not.toContain('CLI from');
      const changed = await runStarter(['role', 'jane.roe@example.com', 'RoomAdmin', '--json'], { cwd });
      expect(outcomeOf(changed)).toMatchObject({ code: 0, role: 'RoomAdmin' });
      const listed = await runStarter(['status'], { cwd });
      expect(listed.stdout).toContain('jane.roe@example.com');
      expect(listed.stdout).toContain(john);
    });

    it('status links to the lists of the Web UI: who needs a person, and each batch', async () => {
      const connection = await Connection.connect({ address: '127.0.0.1:7233' });
      await new Client({ connection }).workflow.start('onboardUser', {
        workflowId: onboardingId('ann@example.com'),
        taskQueue: 'docspace-onboarding',
        args: [{ email: 'ann@example.com', firstName: 'Ann', role: 'User', portal: ownerOf(cwd).portal }],
        typedSearchAttributes: [{ key: batchKey, value: 'batch:1' }],
      });
      await connection.close();
      const { stdout } = await runStarter(['status'], { cwd });
      const view = (query: string) =>
        `http://localhost:8233/namespaces/default/workflows?query=${encodeURIComponent(query)}`;
      expect(stdout).toContain(view(`OnboardingState="needs-attention" AND Portal="${ownerOf(cwd).portal}"`));
      expect(stdout).toContain(`batch:1  ${view('Batch="batch:1"')}`);
    });

    it('a command that is told its address needs no API_HOST', async () => {
      const { code, stdout } = await runStarter(['status', '--address', '127.0.0.1:7233'], { cwd });
      expect([code, stdout]).toEqual([0, expect.stringContaining(john)]);
    });

    it('a command for another portal brings a stack of its own beside it', async () => {
      const other = await TestPortal.start();
      const env = { API_HOST: other.url, API_KEY: other.keys.owner };
      const outcome = outcomeOf(await runStarter(['onboard', '--json'], { cwd, env }));
      expect(outcome).toMatchObject({ code: 0, portal: other.url, state: 'onboarded' });
      await other.close();
    });

    it('a second one says that it runs already', async () => {
      const { code, stderr } = await runStarter(['dev'], { cwd });
      expect([code, stderr]).toEqual([0, expect.stringContaining('It runs already')]);
    });

    it('its server listens on loopback alone, and its HTTP API lets no web page send a signal', async () => {
      const addresses = await listeningAddresses(ownerOf(cwd).server?.pid ?? 0);
      expect(addresses.length).toBeGreaterThan(2);
      expect(addresses.filter((address) => !address.startsWith('127.0.0.1:'))).toEqual([]);

      // The HTTP API has a port of its own, at random: whatever speaks HTTP refuses the signal.
      const answers = await Promise.all(addresses.map((address) => signalFromWebPage(`http://${address}`)));
      expect(answers).toContain(403);
      expect(answers).not.toContain(200);
    });

    it('what it keeps is for its owner alone', () => {
      expect(statSync(join(cwd, '.local/sandbox')).mode & 0o077).toBe(0);
    });
  });
});

describe('a history that an older version began', () => {
  it('gets the search attributes that are new', async () => {
    const cwd = emptyFolder();
    mkdirSync(join(cwd, '.local/sandbox'), { recursive: true });
    const older = spawn(
      inject('temporalCli'),
      ['server', 'start-dev', '--headless', '--db-filename', join(cwd, '.local/sandbox/temporal.sqlite')],
      { stdio: 'ignore' },
    );
    await expect.poll(() => isListening(7233), { timeout: 20_000 }).toBe(true);
    older.kill('SIGINT');
    await once(older, 'exit');

    const dev = spawnProgram('starter', ['dev'], { cwd });
    await dev.prints(/worker ready/);
    const connection = await Connection.connect({ address: '127.0.0.1:7233' });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(attributeKeys.map(({ name }) => name)));
    await connection.close();
    await dev.kill('SIGINT');
  });
});

describe('a port that is taken', () => {
  it('names the setting to move the sandbox', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runStarter(['sandbox', '--port', String(port)]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(new RegExp(`port ${port} is taken[^]*--port`))]);
    other.close();
  });
});

/** The status of a cross-origin POST that would change a role, or `undefined` where no HTTP is spoken. */
async function signalFromWebPage(url: string): Promise<number | undefined> {
  const path = `/api/v1/namespaces/default/workflows/${encodeURIComponent(`onboard:${john}`)}/signal/changeRole`;
  const init = { method: 'POST', headers: { 'content-type': 'text/plain', origin: 'http://evil.example' }, body: '{}' };
  return fetch(url + path, { ...init, signal: AbortSignal.timeout(2_000) }).then(
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
