import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { lastJson } from '../../support/import-files.js';
import { importTwice } from '../../support/imports.js';
import { TestPortal } from '../../support/portal.js';
import { setupWorkerProcess } from '../../support/scene.js';
import { emptyFolder, runStarter, spawnInBash, spawnProgram, type Finished } from '../../support/starter.js';

/** The files that `import` writes, with a real server and a worker of its own. */

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made));

const header = 'first name;last name;email;role;note\r\n';

function folderWith(text: string, encoding = 'utf8'): string {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'people.csv'), iconv.encode(header + text, encoding));
  return cwd;
}

const importPeople = (cwd: string, ...options: string[]): Promise<Finished> =>
  importTwice(portal, () => runStarter(['import', 'people.csv', ...options], { cwd, env }));

describe('rows that --skip-invalid leaves out', () => {
  const text =
    'Jane;Roe;left.a@example.com;User;\r\nJohn;D0e;left.b@example.com;User;\r\nMary;Poe;left.c@example;User;\r\n';

  it('are counted in the headline and in JSON, with exit 4', async () => {
    const cwd = folderWith(text);
    const { code, stdout } = await importPeople(cwd, '--skip-invalid');
    expect([code, stdout.split('\n')[0]]).toEqual([4, '! 1 onboarded · 2 left out']);
    const again = await importPeople(cwd, '--skip-invalid', '--json');
    expect([again.code, lastJson(again.stdout)]).toMatchObject([4, { state: 'failed', leftOut: 2 }]);
    const dry = await importPeople(cwd, '--skip-invalid', '--dry-run', '--json');
    expect(lastJson(dry.stdout)).toMatchObject({ people: 1, leftOut: 2 });
  });

  it('are listed, and written to the result and to the rows to fix', async () => {
    const cwd = folderWith('Jane;Roe;listed.a@example.com;User;\r\nJohn;Doe;nobody;User;\r\n');
    const { code, stderr } = await importPeople(cwd, '--skip-invalid', '--out', 'r.csv');
    expect([code, stderr]).toEqual([4, expect.stringContaining('line 3, email')]);
    expect(readFileSync(join(cwd, 'r.csv'), 'utf8')).toContain(';nobody;User;;invalid;');
    expect(readFileSync(join(cwd, 'r.failed.csv'), 'utf8')).toContain('nobody');
  });

  it('include those that a quote swallowed, but not repeated rows', async () => {
    const jane = 'Jane;Roe;quote.a@example.com;User;\r\n';
    const swallowed = 'John;Doe;quote.b@example.com;User;"19\r\nMary;Poe;quote.c@example.com;User;20"\r\n';
    const { code, stdout } = await importPeople(folderWith(jane + jane + swallowed), '--skip-invalid', '--json');
    expect([code, lastJson(stdout)]).toMatchObject([4, { leftOut: 2 }]);
    const repeated = await importPeople(folderWith(jane + jane), '--skip-invalid', '--json');
    expect([repeated.code, lastJson(repeated.stdout)]).toMatchObject([0, { state: 'onboarded', leftOut: 0 }]);
  });
});

describe('a result', () => {
  it('is written in the encoding of the file', async () => {
    const cwd = folderWith('Jürgen;Groß;enc.a@example.com;User;50 €\r\n', 'windows-1252');
    const { code } = await importPeople(cwd, '--encoding', 'windows-1252', '--out', 'result.csv');
    expect(code).toBe(0);
    const result = iconv.decode(readFileSync(join(cwd, 'result.csv')), 'windows-1252');
    expect(result).toContain('\r\nJürgen;Groß;enc.a@example.com;User;50 €;onboarded;User;');
    const account = await portal.raw('GET', '/people/email?email=enc.a@example.com');
    expect(await account.json()).toMatchObject({ response: { firstName: 'Jürgen', lastName: 'Groß' } });
  });

  it('is replaced by the same import, but rows to fix that somebody edited are kept', async () => {
    const cwd = folderWith('Jane;R0e;ff.a@example.com;User;\r\nJohn;Doe;ff.b@example.com;User;\r\n');
    const failed = join(cwd, 'result.failed.csv');
    const options = ['--skip-invalid', '--out', 'result.csv'];
    expect((await importPeople(cwd, ...options)).code).toBe(4); // twice, so the result is replaced
    const edited = readFileSync(failed, 'utf8').replace('R0e', 'Roe');
    writeFileSync(failed, edited);
    const { code, stderr } = await importPeople(cwd, ...options);
    expect([code, stderr]).toEqual([2, expect.stringContaining('result.failed.csv exists, and was edited')]);
    expect(readFileSync(failed, 'utf8')).toBe(edited);
    const fixed = await runStarter(['import', 'result.failed.csv', '--out', 'fixed.csv'], { cwd, env });
    expect([fixed.code, existsSync(failed)]).toEqual([0, true]);
  });

  it('that meets a full disk is written by the same command later, and the summary comes first', async () => {
    const cwd = folderWith(`Jane;Roe;full.a@example.com;User;${'x'.repeat(2_000)}\r\n`);
    const args = ['import', 'people.csv', '--out', 'r.csv'];
    // No file may grow beyond 1 KiB.
    const { code, stdout } = await spawnInBash('ulimit -f 1; exec "$@" 2>&1', args, { cwd, env }).finished;
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /✓ 1 onboarded[^]*error: the result could not be written to r\.csv[^]*run the same command again/,
      ),
    ]);
    expect(readdirSync(cwd)).toEqual(['people.csv']);
    expect((await importPeople(cwd, '--out', 'r.csv')).code).toBe(0);
    expect(readFileSync(join(cwd, 'r.csv'), 'utf8')).toContain(';onboarded;');
  });

  it('that cannot be written at the end changes neither the summary nor the exit code', async () => {
    const cwd = folderWith('Jane;Roe;disk.a@example.com;User;\r\n');
    mkdirSync(join(cwd, 'results'));
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const running = spawnProgram('starter', ['import', 'people.csv', '--out', 'results/r.csv'], { cwd, env });
    await portal.reached('POST /people', 'received');
    rmSync(join(cwd, 'results'), { recursive: true });
    await portal.release();
    const { code, stdout, stderr } = await running.finished;
    expect([code, stdout.split('\n')[0]]).toEqual([0, '✓ 1 onboarded']);
    expect(stderr).toContain('the result could not be written to results/r.csv: no such file or directory');
    mkdirSync(join(cwd, 'results'));
    expect((await importPeople(cwd, '--out', 'results/r.csv')).code).toBe(0);
    expect(readFileSync(join(cwd, 'results', 'r.csv'), 'utf8')).toContain(';onboarded;');
  });
});
