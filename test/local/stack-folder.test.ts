import { chmodSync, chownSync, lstatSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { spawnDevServer } from '../../src/local/dev-server.js';
import { prepareStackFolder } from '../../src/local/stack-folder.js';
import { parseRecord } from '../../src/local/stack-record.js';
import { emptyFolder, runStarter } from '../support/starter.js';

const canChangeOwner = process.getuid?.() === 0;
const somebodyElse = 12_345;

function inFolder<Result>(cwd: string, run: () => Result): Result {
  const before = process.cwd();
  process.chdir(cwd);
  try {
    return run();
  } finally {
    process.chdir(before);
  }
}

/** A folder whose `.local` is as another user, or a careless one, would leave it. */
function folderWith(make: (local: string) => void): string {
  const cwd = emptyFolder();
  const local = join(cwd, '.local');
  mkdirSync(local, { mode: 0o700 });
  make(local);
  return cwd;
}

it.runIf(canChangeOwner).each<[string, (local: string) => void]>([
  ['.local of another user', (local) => chownSync(local, somebodyElse, somebodyElse)],
  [
    'a Temporal CLI of another user',
    (local) => {
      mkdirSync(join(local, 'temporal-cli'));
      chownSync(join(local, 'temporal-cli'), somebodyElse, somebodyElse);
    },
  ],
  [
    'a link to a folder of another user',
    (local) => {
      const target = emptyFolder();
      chownSync(target, somebodyElse, somebodyElse);
      symlinkSync(target, join(local, 'sandbox'));
    },
  ],
])('%s is refused with exit 2', async (_, make) => {
  const { code, stderr } = await runStarter(['status'], { cwd: folderWith(make) });
  expect([code, stderr]).toEqual([2, expect.stringContaining('belongs to another user of this machine')]);
});

it('is closed to other users, even if it was open', () => {
  const cwd = folderWith((local) => {
    mkdirSync(join(local, 'sandbox'));
    chmodSync(local, 0o777);
    chmodSync(join(local, 'sandbox'), 0o775);
  });
  const folder = inFolder(cwd, () => prepareStackFolder(undefined));
  expect(folder).toBe(join('.local', 'sandbox'));
  for (const path of ['.local', folder]) expect(lstatSync(join(cwd, path)).mode & 0o077).toBe(0);
});

it('has a short name for a long host', () => {
  const cwd = emptyFolder();
  const hosts = ['a', 'b'].map((last) => `${'x'.repeat(60)}.${'y'.repeat(57)}${last}`);
  const folders = hosts.map((host) => inFolder(cwd, () => prepareStackFolder(`https://${host}`)));
  expect(new Set(folders).size).toBe(2);
  for (const folder of folders) expect(folder.length).toBeLessThan(60);
  expect(statSync(join(cwd, folders[0] ?? '')).isDirectory()).toBe(true);
});

it.each([
  { pid: 1, kind: 'dev', address: '192.0.2.1:7233' },
  { pid: 1, kind: 'dev', address: 'evil.example.com:7233' },
  { pid: 1, kind: 'dev', webUi: 'https://evil.example.com' },
  { pid: 1, kind: 'dev', portal: 'javascript:1' },
  { pid: 'all', kind: 'dev' },
  { kind: 'dev' },
])('does not believe the record %j', (record) => {
  expect(parseRecord(record)).toBeUndefined();
});

it('that disappears while its server ends is reported', async () => {
  const folder = emptyFolder();
  const server = spawnDevServer('/bin/false', folder, 1);
  rmSync(folder, { recursive: true });
  await expect(server.listening()).rejects.toThrow('the Temporal dev server has failed');
});
