import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listeningAddresses } from '../support/listening.js';
import { emptyFolder, runStarter, spawnProgram } from '../support/starter.js';

interface Said {
  url: string;
  keys: Record<string, string>;
}

async function sandbox(args: string[], cwd = emptyFolder()): Promise<{ said: Said; stop: () => Promise<unknown> }> {
  const running = spawnProgram('starter', ['sandbox', '--json', '--port', '0', ...args], { cwd });
  await running.prints(/"keys".*\n/);
  const [line = ''] = running.stdout.split('\n');
  return { said: JSON.parse(line) as Said, stop: () => running.kill('SIGTERM') };
}

describe('sandbox', () => {
  it('says where it listens, and a key for each type, in its first line', async () => {
    const { said, stop } = await sandbox([]);
    expect(said.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(Object.keys(said.keys)).toEqual(['owner', 'docSpaceAdmin', 'roomAdmin', 'user', 'guest']);
    for (const key of Object.values(said.keys)) expect(key).toMatch(/^sk-[0-9a-f]{64}$/);
    expect((await fetch(`${said.url}/sandbox/ledger`)).status).toBe(404);
    await stop();
  });

  it('listens on loopback alone', async () => {
    const running = spawnProgram('starter', ['sandbox', '--json', '--port', '0'], { cwd: emptyFolder() });
    await running.prints(/"keys".*\n/);
    const { url } = JSON.parse(running.stdout) as Said;
    expect(await listeningAddresses(running.child.pid ?? 0)).toEqual([new URL(url).host]);
    await running.kill('SIGTERM');
  });

  it.each([['doctor'], ['import', '--dry-run']])(
    'has keys that no %s takes to a real portal: exit 2',
    async (...args) => {
      const { said, stop } = await sandbox([]);
      const cwd = emptyFolder();
      writeFileSync(join(cwd, 'people.csv'), 'first name,last name,email,role\nAnn,Lee,ann.lee@example.com,User\n');
      const file = args[0] === 'import' ? ['people.csv'] : [];
      const env = { API_HOST: 'https://portal.example.com', API_KEY: said.keys['owner'] };
      const { code, stdout, stderr } = await runStarter([...args, ...file], { cwd, env });
      expect([code, stdout + stderr]).toEqual([2, expect.stringContaining('API_KEY is the key of a sandbox')]);
      expect(stdout + stderr).not.toContain(said.keys['owner']);
      await stop();
    },
  );

  it('has keys that no worker takes to a real portal: exit 2', async () => {
    const { said, stop } = await sandbox([]);
    const env = { API_HOST: 'https://portal.example.com', API_KEY: said.keys['owner'] };
    const { code, stderr } = await spawnProgram('worker', [], { env }).finished;
    expect([code, stderr]).toEqual([2, expect.stringContaining('API_KEY is the key of a sandbox')]);
    expect(stderr).not.toContain(said.keys['owner']);
    await stop();
  });

  it('says in every answer that it is no real portal', async () => {
    const { said, stop } = await sandbox([]);
    for (const path of ['/', '/api/2.0/people/@self', '/nowhere']) {
      expect((await fetch(said.url + path)).headers.get('x-docspace-sandbox')).toBe('1');
    }
    await stop();
  });

  it('--faults opens the control route, and takes faults from the start', async () => {
    const cwd = emptyFolder();
    writeFileSync(
      join(cwd, 'faults.json'),
      JSON.stringify([{ route: 'GET /people/@self', does: { kind: 'answer', status: 503 } }]),
    );
    const { said, stop } = await sandbox(['--faults', 'faults.json'], cwd);
    const headers = { authorization: `Bearer ${said.keys['owner']}` };
    expect((await fetch(`${said.url}/api/2.0/people/@self`, { headers })).status).toBe(503);
    await fetch(`${said.url}/sandbox/faults`, { method: 'PUT', body: '[]' });
    expect((await fetch(`${said.url}/api/2.0/people/@self`, { headers })).status).toBe(200);
    await stop();
  });

  it.each([
    ['worker', []],
    ['starter', ['onboard']],
    ['starter', ['import', 'people.csv']],
    ['starter', ['dev']],
  ] as const)('alone takes faults: %s %j has no such switch', async (program, args) => {
    const { code, stderr } = await spawnProgram(program, [...args, '--faults'], { cwd: emptyFolder() }).finished;
    expect([code, stderr]).toEqual([2, expect.stringMatching(/unknown option '?--faults/)]);
  });

  it('with a file that holds no faults is exit 2', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'faults.json'), '[{"route":7}]');
    const { code, stderr } = await runStarter(['sandbox', '--faults', 'faults.json'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('is not a list of faults')]);
  });
});
