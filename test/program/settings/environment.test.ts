import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { scrubbedEnvironment } from '../../../src/program/settings/environment.js';
import { emptyFolder, runStarter, type Finished } from '../../support/starter.js';

afterEach(() => void vi.unstubAllEnvs());

it('withholds secrets and settings for Temporal from other programs', () => {
  const names = ['API_KEY', 'CODEC_KEYS', 'CODEC_SERVER_TOKEN', 'ID_KEY', 'TEMPORAL_API_KEY', 'TEMPORAL_ADDRESS'];
  for (const name of names) vi.stubEnv(name, 'a secret');
  const environment = scrubbedEnvironment();
  expect(Object.values(environment)).not.toContain('a secret');
  expect(environment['PATH']).toBe(process.env['PATH']);
});

function folderWith(content: string | Buffer, mode = 0o600): string {
  const folder = emptyFolder();
  writeFileSync(join(folder, '.env'), content);
  chmodSync(join(folder, '.env'), mode);
  return folder;
}

/** With valid settings, the argument is the only problem. */
const statusIn = (cwd: string): Promise<Finished> => runStarter(['status', 'nobody'], { cwd });
const onlyProblem = /^error: [^\n]*nobody[^\n]*\n$/;

describe('.env', () => {
  const text = 'API_HOST=https://portal.example.com\r\nAPI_KEY="sk-1" # ours\n';
  it.each([
    ['UTF-8', Buffer.from(text)],
    ['lines that end with CR', Buffer.from(text.replaceAll('\r\n', '\r').replaceAll('\n', '\r'))],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16 without a byte order mark', Buffer.from(text, 'utf16le')],
    ['big-endian UTF-16', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
  ])('is read in %s', async (_, content) => {
    expect((await statusIn(folderWith(content))).stderr).toMatch(onlyProblem);
  });

  it('may contain comments, values of several lines and the settings of other programs', async () => {
    const lines = ['# comment', '', 'export API_HOST=https://a.example.com', 'OTHER="two', 'lines: here"', 'lower=1'];
    lines.push('PEM="-----BEGIN KEY-----', 'MIIEpQ==', '-----END KEY-----"', `QUOTED="a" # was B="c"`);
    expect((await statusIn(folderWith(lines.join('\n')))).stderr).toMatch(onlyProblem);
  });

  it.each([
    [
      ['API_HOST: https://a.example.com', 'API_KEY: sk-canary'],
      ['line 1 is not an assignment', 'line 2 is not'],
    ],
    [['API_HOST = https://a.example.com', 'sk-canary'], ['line 2 is not an assignment']],
    [['API_HOST="https://a.example.com', 'API_KEY=sk-canary'], ['line 1 opens a quote that is never closed']],
    [
      ['COMPANY="Acme', 'API_HOST=https://a.example.com', 'API_KEY="sk-canary"'],
      ['COMPANY swallows API_HOST', 'COMPANY swallows API_KEY'],
    ],
    [["COMPANY='t Hooft BV", "API_KEY='sk-canary'"], ['COMPANY swallows API_KEY']],
    [['API_HOST="https://a.example.com"; API_KEY="sk-canary"'], ['line 1 contains a second assignment']],
    [
      ['api_host=https://a.example.com', 'api_key=sk-canary'],
      ['api_host must be in capital', 'api_key must be in'],
    ],
    [['Task_Queue=mine'], ['Task_Queue must be in capital letters: TASK_QUEUE']],
    [
      ['API_URL=https://a.example.com', 'API_TOKEN=sk-canary'],
      ['API_URL is not a setting', 'API_TOKEN is not'],
    ],
    [['"API_KEY"=sk-canary'], ['line 1 is not an assignment']],
    [['TEMPORAL_CLI=./temporal'], ['TEMPORAL_CLI has no effect there']],
    [['NODE_EXTRA_CA_CERTS=ca.pem'], ['NODE_EXTRA_CA_CERTS has no effect there']],
  ])('%j is exit 2, and its values are not printed', async (lines, problems) => {
    const { code, stderr } = await statusIn(folderWith(lines.join('\n')));
    expect(code).toBe(2);
    for (const problem of problems) expect(stderr).toContain(problem);
    expect(stderr).not.toContain('canary');
  });

  it('of another user is not read', async () => {
    const folder = folderWith('API_HOST=https://a.example.com');
    chmodSync(join(folder, '.env'), 0o666);
    const { code, stderr } = await statusIn(folder);
    expect([code, stderr]).toEqual([2, expect.stringContaining('other users of this machine can change')]);
  });

  it.each([
    ['a folder', (path: string) => mkdirSync(path)],
    ['a link to nothing', (path: string) => symlinkSync('/nowhere', path)],
  ])('that is %s is not an empty one', async (_, make) => {
    const folder = emptyFolder();
    make(join(folder, '.env'));
    const { code, stderr } = await statusIn(folder);
    expect([code, stderr]).toEqual([2, expect.stringContaining('.env cannot be read')]);
  });

  it('does not change which programs run', async () => {
    const folder = folderWith(
      `API_HOST=https://a.example.com\nNODE_OPTIONS=--require=./evil.cjs\nLD_PRELOAD=./evil.so\n`,
    );
    cpSync(join(folder, '.env'), join(folder, 'evil.cjs'));
    expect((await statusIn(folder)).stderr).toMatch(onlyProblem);
  });
});
