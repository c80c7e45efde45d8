import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TestPortal } from '../support/portal.js';
import { setupWorkerProcess } from '../support/scene.js';
import {
  emptyFolder,
  janeRoe,
  Running,
  runStarter,
  spawnInBash,
  spawnOnTerminal,
  spawnProgram,
} from '../support/starter.js';

/** Output that nobody reads, or that cannot be written, and signals of a terminal. */

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made));

const starter = fileURLToPath(new URL('../../dist/starter.js', import.meta.url));

function onboardArgs(): string[] {
  return ['onboard', ...janeRoe()];
}

describe('output', () => {
  it('in JSON is complete at any length, however slowly it is read', async () => {
    const folder = emptyFolder();
    const rows = Array.from({ length: 5_000 }, (_, row) => `Jane,Roe,not an e-mail ${row},User`);
    writeFileSync(join(folder, 'people.csv'), ['first name,last name,email,role', ...rows].join('\n'));
    const child = spawn(process.execPath, [starter, 'import', 'people.csv', '--json'], { cwd: folder, env });
    child.stderr.resume();
    let json = '';
    for await (const chunk of child.stdout) {
      json += String(chunk);
      await delay(5); // the pipe is full meanwhile
    }
    if (child.exitCode === null) await once(child, 'close');
    expect(child.exitCode).toBe(3);
    expect((JSON.parse(json) as { problems: unknown[] }).problems).toHaveLength(5_000);
  });

  it.each(['"$@" | head -c 1; exit ${PIPESTATUS[0]}', '"$@" > /dev/full', '"$@" >&-', '"$@" > /dev/full 2>&1'])(
    'that is lost changes nothing: %s',
    async (line) => {
      const { code, stderr } = await spawnInBash(line, onboardArgs(), { env }).finished;
      expect(code).toBe(0);
      expect(stderr).not.toMatch(/EPIPE|ENOSPC|at .*\.js/);
    },
  );

  it.each([
    [{ NO_COLOR: '1' }, 'colours', '\u001B[3'],
    [{ TERM: 'dumb' }, 'control characters', '\u001B'],
  ])('on a terminal with %j has no %s', async (variables, _, unwanted) => {
    const { code, stdout } = await spawnOnTerminal(onboardArgs(), { env: { ...env, ...variables } }).finished;
    expect([code, stdout]).toEqual([0, expect.stringContaining('✓ update role  the portal shows User')]);
    expect(stdout).not.toContain(unwanted);
  });

  it('of a watch ends with its reader', async () => {
    await runStarter(onboardArgs(), { env });
    const watching = spawnInBash('"$@" | head -n 1; exit ${PIPESTATUS[0]}', ['status', '--watch'], { env });
    await watching.prints(/"state"/);
    await runStarter(onboardArgs(), { env }); // the watch notices with its next line
    expect((await watching.finished).code).toBe(0);
  });
});

describe('SIGHUP', () => {
  const hold = { route: 'POST /people', when: 'before', times: 1, does: { kind: 'hold' } } as const;

  it('ends a command as SIGTERM does', async () => {
    await portal.faults(hold);
    const running = spawnProgram('starter', onboardArgs(), { env });
    await portal.reached('POST /people', 'received');
    const { code, stderr } = await running.kill('SIGHUP');
    await portal.release();
    expect([code, stderr]).toEqual([130, expect.stringContaining('Started work continues at the server')]);
  });

  it('is ignored under nohup', async () => {
    await portal.faults(hold);
    const running = spawnInBash('nohup "$@"', onboardArgs(), { env });
    await portal.reached('POST /people', 'received');
    running.child.kill('SIGHUP');
    await portal.release();
    expect((await running.finished).code).toBe(0);
  });

  it('is ignored under nohup on a terminal', async () => {
    await portal.faults(hold);
    const terminal = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
    // The third descriptor keeps the terminal open. Without it, the terminal would end when nohup leaves it, and the signal of
    // that could reach Node before the starter has run.
    const line = 'echo $$ > pid; exec nohup "$@" 3<&0';
    const cwd = emptyFolder();
    const child = spawn(
      'python3',
      ['-c', terminal, 'sh', '-c', line, 'sh', process.execPath, starter, ...onboardArgs()],
      { cwd, env: { PATH: process.env['PATH'], ...env }, stdio: ['pipe', 'pipe', 'pipe'] },
    );
    const running = new Running(child);
    await portal.reached('POST /people', 'received');
    process.kill(Number(readFileSync(join(cwd, 'pid'), 'utf8')), 'SIGHUP');
    await portal.release();
    expect((await running.finished).code).toBe(0);
  });
});
