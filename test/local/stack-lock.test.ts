import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hasOwner, LockHolder, StackLock } from '../../src/local/stack-lock.js';
import { emptyFolder, runStarter } from '../support/starter.js';

let folder: string;
let owners: StackLock[];
let children: ChildProcess[];
const cwd = process.cwd();

beforeEach(() => {
  folder = join(emptyFolder(), 'portal');
  mkdirSync(folder);
  owners = [];
  children = [];
});

afterEach(async () => {
  process.chdir(cwd);
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(owners.map((owner) => owner.release()));
});

async function acquire(kind: 'dev' | 'command' = 'command'): Promise<StackLock | LockHolder> {
  const lock = await StackLock.acquire(folder, kind);
  if (lock instanceof StackLock) owners.push(lock);
  return lock;
}

/** Holds the lock of a folder in another process. */
async function holdLock(lockFolder: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('../support/hold-lock.mjs', import.meta.url)), [lockFolder]);
  children.push(child);
  await once(child, 'message');
  return child;
}

it('has one owner among many candidates', async () => {
  const locks = await Promise.all(Array.from({ length: 10 }, () => acquire()));
  expect(locks.filter((lock) => lock instanceof StackLock)).toHaveLength(1);
});

it('publishes a shared stack when it has started', async () => {
  const owner = (await acquire('dev')) as StackLock;
  const held = (await acquire()) as LockHolder;
  const shared = held.waitForStack();
  owner.publish({ portal: 'http://127.0.0.1:1', address: '127.0.0.1:2', webUi: 'http://localhost:3' });
  expect(await shared).toMatchObject({
    pid: process.pid,
    kind: 'dev',
    address: '127.0.0.1:2',
    portal: 'http://127.0.0.1:1',
  });
});

it('lets a second command wait until the first has ended', async () => {
  const owner = (await acquire()) as StackLock;
  const held = (await acquire()) as LockHolder;
  expect(await held.identify()).toMatchObject({ kind: 'command' });
  const gone = held.waitForStack();
  await owner.release();
  owners = [];
  expect(await gone).toBeUndefined();
  expect(await acquire()).toBeInstanceOf(StackLock);
});

it('held by a suspended command ends other commands with exit 6', async () => {
  const home = emptyFolder();
  const sandbox = join(home, '.local/sandbox');
  mkdirSync(sandbox, { recursive: true, mode: 0o700 });
  const child = await holdLock(sandbox);
  child.kill('SIGSTOP');
  const { code, stderr } = await runStarter(['status'], { cwd: home });
  expect([code, stderr]).toEqual([6, expect.stringContaining(`kill -CONT ${child.pid}`)]);
});

it('held by a suspended command has an owner', async () => {
  const child = await holdLock(folder);
  child.kill('SIGSTOP');
  expect(await hasOwner(folder)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await hasOwner(folder)).toBe(false);
});

it('has an owner even if the absolute path of its socket is too long', async () => {
  const home = join(emptyFolder(), 'x'.repeat(120));
  mkdirSync(join(home, '.local/portal'), { recursive: true });
  process.chdir(home);
  await holdLock('.local/portal');
  expect(await hasOwner(resolve('.local/portal'))).toBe(true);
  process.chdir(cwd); // the relative path is too long, too
  expect(await hasOwner(join(home, '.local/portal'))).toBe(true);
  expect(readdirSync(join(home, '.local/portal'))).toContainEqual(expect.stringMatching(/\.sock$/));
});

it('is free again after a kill -9', async () => {
  const child = await holdLock(folder);
  expect(await acquire()).toBeInstanceOf(LockHolder);
  child.kill('SIGKILL');
  await once(child, 'exit');

  const locks = await Promise.all(Array.from({ length: 10 }, () => acquire()));
  expect(locks.filter((lock) => lock instanceof StackLock)).toHaveLength(1);
});

it('records its owner beside the history', async () => {
  await acquire('dev');
  expect(JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'))).toEqual({ pid: process.pid, kind: 'dev' });
});
