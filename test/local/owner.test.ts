import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LockHolder, StackLock } from '../../src/local/owner.js';
import { emptyFolder } from '../support/starter.js';

let folder: string;
let owners: StackLock[];

beforeEach(() => {
  folder = join(emptyFolder(), 'portal');
  owners = [];
});

afterEach(() => Promise.all(owners.map((owner) => owner.release())));

async function take(kind: 'dev' | 'command' = 'command'): Promise<StackLock | LockHolder> {
  const lock = await StackLock.take(folder, kind);
  if (lock instanceof StackLock) owners.push(lock);
  return lock;
}

it('has one owner, however many want to be it', async () => {
  const locks = await Promise.all(Array.from({ length: 10 }, () => take()));
  expect(locks.filter((lock) => lock instanceof StackLock)).toHaveLength(1);
});

it('tells a second command what it shares, as soon as it is up', async () => {
  const owner = (await take('dev')) as StackLock;
  const held = (await take()) as LockHolder;
  const shared = held.shared();
  owner.update({ portal: 'http://127.0.0.1:1', address: '127.0.0.1:2', webUi: 'http://localhost:3' });
  expect(await shared).toMatchObject({
    pid: process.pid,
    kind: 'dev',
    address: '127.0.0.1:2',
    portal: 'http://127.0.0.1:1',
  });
});

it('lets a second command wait for one that ends by itself', async () => {
  const owner = (await take()) as StackLock;
  const held = (await take()) as LockHolder;
  expect(await held.introduced()).toMatchObject({ kind: 'command' });
  const gone = held.shared();
  await owner.release();
  owners = [];
  expect(await gone).toBeUndefined();
  expect(await take()).toBeInstanceOf(StackLock);
});

it('is free again after a kill -9, and names the server that was left behind', async () => {
  const child = fork(fileURLToPath(new URL('../support/hold-lock.mjs', import.meta.url)), [folder]);
  await once(child, 'message');
  expect(await take()).toBeInstanceOf(LockHolder);
  child.kill('SIGKILL');
  await once(child, 'exit');

  const locks = await Promise.all(Array.from({ length: 10 }, () => take()));
  const [owner, ...more] = locks.filter((lock) => lock instanceof StackLock);
  expect(more).toHaveLength(0);
  expect(owner?.orphan).toEqual({ pid: 4242, database: 'left-behind', port: 7233 });
});

it('writes who it is beside the history', async () => {
  await take('dev');
  expect(JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'))).toEqual({ pid: process.pid, kind: 'dev' });
});
