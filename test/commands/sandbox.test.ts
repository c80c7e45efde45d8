import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listeningAddresses } from '../support/listening.js';
import { emptyFolder, runStarter, spawnProgram } from '../support/starter.js';

interface Printed {
  url: string;
  keys: Record<string, string>;
}

async function sandbox(
  args: string[],
  cwd = emptyFolder(),
): Promise<{ printed: Printed; stop: () => Promise<unknown> }> {
  const running = spawnProgram('starter', ['sandbox', '--json', '--port', '0', ...args], { cwd });
  await running.prints(/"keys".*\n/);
  const [line = ''] = running.stdout.split('\n');
  return { printed: JSON.parse(line) as Printed, stop: () => running.kill('SIGTERM') };
}

describe('sandbox', () => {
  it('prints its address and one key for each type on the first line', async () => {
    const { printed, stop } = await sandbox([]);
    expect(printed.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(Object.keys(printed.keys)).toEqual(['owner', 'docSpaceAdmin', 'roomAdmin', 'user', 'guest']);
    for (const key of Object.values(printed.keys)) expect(key).toMatch(/^sk-[0-9a-f]{64}$/);
    expect((await fetch(`${printed.url}/sandbox/ledger`)).status).toBe(404);
    await stop();
  });

  it('listens on loopback only', async () => {
    const running = spawnProgram('starter', ['sandbox', '--json', '--port', '0'], { cwd: emptyFolder() });
    await running.prints(/"keys".*\n/);
    const { url } = JSON.parse(running.stdout) as Printed;
    expect(await listeningAddresses(running.child.pid ?? 0)).toEqual([new URL(url).host]);
    await running.kill('SIGTERM');
  });

  it.each([['doctor'], ['import', '--dry-run']])('has keys that %s refuses for a real portal', async (...args) => {
    const { printed, stop } = await sandbox([]);
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'people.csv'), 'first name,last name,email,role\nAnn,Lee,ann.lee@example.com,User\n');
    const file = args[0] === 'import' ? ['people.csv'] : [];
    const env = { API_HOST: 'https://portal.example.com', API_KEY: printed.keys['owner'] };
    const { code, stdout, stderr } = await runStarter([...args, ...file], { cwd, env });
    expect([code, stdout + stderr]).toEqual([2, expect.stringContaining('API_KEY is the key of a sandbox')]);
    expect(stdout + stderr).not.toContain(printed.keys['owner']);
    await stop();
  });

  it('has keys that the worker refuses for a real portal', async () => {
    const { printed, stop } = await sandbox([]);
    const env = { API_HOST: 'https://portal.example.com', API_KEY: printed.keys['owner'] };
    const { code, stderr } = await spawnProgram('worker', [], { env }).finished;
    expect([code, stderr]).toEqual([2, expect.stringContaining('API_KEY is the key of a sandbox')]);
    expect(stderr).not.toContain(printed.keys['owner']);
    await stop();
  });

  it('names itself in every response', async () => {
    const { printed, stop } = await sandbox([]);
    for (const path of ['/', '/api/2.0/people/@self', '/nowhere']) {
      expect((await fetch(printed.url + path)).headers.get('x-docspace-sandbox')).toBe('1');
    }
    await stop();
  });

  it('opens the fault API with --faults, and starts with the faults of a file', async () => {
    const cwd = emptyFolder();
    writeFileSync(
      join(cwd, 'faults.json'),
      JSON.stringify([{ route: 'GET /people/@self', does: { kind: 'answer', status: 503 } }]),
    );
    const { printed, stop } = await sandbox(['--faults', 'faults.json'], cwd);
    const headers = { authorization: `Bearer ${printed.keys['owner']}` };
    expect((await fetch(`${printed.url}/api/2.0/people/@self`, { headers })).status).toBe(503);
    await fetch(`${printed.url}/sandbox/faults`, { method: 'PUT', body: '[]' });
    expect((await fetch(`${printed.url}/api/2.0/people/@self`, { headers })).status).toBe(200);
    await stop();
  });

  it.each([
    ['worker', []],
    ['starter', ['onboard']],
    ['starter', ['import', 'people.csv']],
    ['starter', ['dev']],
  ] as const)('is the only program with --faults: not %s %j', async (program, args) => {
    const { code, stderr } = await spawnProgram(program, [...args, '--faults'], { cwd: emptyFolder() }).finished;
    expect([code, stderr]).toEqual([2, expect.stringMatching(/unknown option '?--faults/)]);
  });

  it.each([
    ['', '--data needs the name of a file'],
    ['.', 'it is a folder, not a file'],
    ['other.txt', 'is not the data file of a sandbox'],
  ])('is exit 2 with the data file "%s"', async (file, problem) => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'other.txt'), 'no data\n');
    const { code, stderr } = await runStarter(['sandbox', '--port', '0', '--data', file], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
    expect(stderr).not.toContain('bug');
  });

  it('is exit 2 if the file contains no faults', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'faults.json'), '[{"route":7}]');
    const { code, stderr } = await runStarter(['sandbox', '--faults', 'faults.json'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('is not a list of faults')]);
  });
});
