import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'test-bench-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Server, sandbox, worker and starter. */
const all = 4;

test.skipIf(!existsSync('/proc/self/task'))(
  'a benchmark that is stopped leaves no server, no worker, no sandbox and no folder',
  async () => {
    const bench = spawn(process.execPath, ['bench/index.mjs', 'limit'], {
      env: { ...process.env, TMPDIR: folder },
      stdio: 'ignore',
    });
    const { pid = 0 } = bench;
    await expect.poll(() => childrenOf(pid).length).toBeGreaterThanOrEqual(all);
    const children = childrenOf(pid);
    expect(readdirSync(folder)).toHaveLength(1);

    bench.kill('SIGTERM');
    const [code] = await once(bench, 'exit');

    expect(code).toBe(143);
    await expect.poll(() => children.filter(isThere)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  },
);

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/** One that was killed is a moment longer in the table of processes. */
function isThere(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
