import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { emptyFolder, Running } from '../support/starter.js';

/** The package as its users get it: packed, and installed in an empty folder. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

let folder: string;
let sandbox: Running;
let api: { API_HOST: string; API_KEY: string };

beforeAll(async () => {
  folder = emptyFolder();
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
  });
  const [{ filename } = { filename: '' }] = JSON.parse(stdout) as { filename: string }[];
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', join(folder, filename)], { cwd: folder });

  sandbox = start('docspace-onboarding', ['sandbox', '--port', '0', '--json']);
  await sandbox.prints(/"keys".*\n/);
  const { url, keys } = JSON.parse(sandbox.stdout) as { url: string; keys: { owner: string } };
  api = { API_HOST: url, API_KEY: keys.owner };
});

afterAll(() => sandbox?.kill('SIGKILL'));

const bin = (name: string): string => join(folder, 'node_modules/.bin', name);

function start(name: string, args: string[], env: Record<string, string> = {}): Running {
  const { PATH = '', HOME = '' } = process.env;
  const options = { cwd: folder, env: { PATH, HOME, TEMPORAL_CLI: inject('temporalCli'), ...env } };
  return new Running(spawn(bin(name), args, options));
}

describe('the installed package', () => {
  it('contains programs and the workflow bundle, but no sources and no tests', () => {
    const installed = join(folder, 'node_modules/docspace-onboarding');
    const present = (paths: string[]): string[] => paths.filter((path) => existsSync(join(installed, path)));
    const needed = ['dist/workflow-bundle.js', 'dist/contract/index.d.ts', 'LICENSE', 'README.md', 'CHANGELOG.md'];
    expect(present(needed)).toEqual(needed);
    expect(present(['src', 'test', 'scripts'])).toEqual([]);
  });

  it('onboards the documented example with its own stack, in DOCSPACE_ONBOARDING_HOME', async () => {
    const env = { DOCSPACE_ONBOARDING_HOME: 'home' };
    const { code, stdout, stderr } = await start('docspace-onboarding', ['onboard', '--json'], env).finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('npm run') });
    expect(JSON.parse(stdout)).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
    expect(stderr).toContain('`npx docspace-onboarding dev` keeps them running');
    expect(existsSync(join(folder, 'home/.local/sandbox/people.jsonl'))).toBe(true);
    expect(existsSync(join(folder, '.local'))).toBe(false);
  });

  it('runs its worker on a given server', async () => {
    const env = { ...api, TEMPORAL_ADDRESS: inject('temporalAddress'), TASK_QUEUE: `package-${randomUUID()}` };
    const worker = start('docspace-onboarding-worker', [], env);
    await worker.prints(/worker ready/);
    expect((await worker.kill('SIGTERM')).code).toBe(0);
  });

  it('runs its codec server', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const env = { CODEC_KEYS: `k1:${key}`, ID_KEY: key, CODEC_SERVER_TOKEN: 't'.repeat(64), CODEC_SERVER_PORT: '0' };
    const server = start('docspace-onboarding-codec-server', [], env);
    await server.prints(/codec server ready/);
    await server.kill('SIGTERM');
  });
});

describe('the example of a worker of another project', () => {
  it('runs the onboarding workflow and its activities beside its own workflow', async () => {
    cpSync(join(root, 'examples/own-worker'), folder, { recursive: true });
    const env = { ...api, TEMPORAL_ADDRESS: inject('temporalAddress'), TASK_QUEUE: `example-${randomUUID()}` };
    const worker = new Running(
      spawn(process.execPath, ['worker.mjs'], { cwd: folder, env: { ...process.env, ...env } }),
    );
    const email = `${randomUUID()}@example.com`;
    const { stdout } = await run(process.execPath, ['start.mjs', email], {
      cwd: folder,
      env: { ...process.env, ...env },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      greeting: 'Jane is a RoomAdmin',
      outcome: { email, state: 'onboarded', role: 'RoomAdmin' },
    });
    await worker.kill('SIGTERM');
  });
});

describe('package.json', () => {
  it('names the version of the newest section of the changelog', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const [, newest] = /^## \[(\d[^\]]*)\]/m.exec(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')) ?? [];
    expect(newest).toBe(version);
  });
});
