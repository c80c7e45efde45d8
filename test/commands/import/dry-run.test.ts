import { describe, expect, it } from 'vitest';
import { folderWith, lastJson, rows } from '../../support/import-files.js';
import { TestPortal } from '../../support/portal.js';
import { setupPortal } from '../../support/scene.js';
import { runStarter, spawnProgram, type Finished } from '../../support/starter.js';

let portal: TestPortal;
let env: Record<string, string>;
setupPortal((made) => ({ portal, env } = made));

const importIn = (cwd: string, ...flags: string[]): Promise<Finished> =>
  runStarter(['import', 'people.csv', ...flags], { cwd, env });

describe('import --dry-run', () => {
  it('prints what would happen to each person, with totals, and writes nothing', async () => {
    const people = rows('User', 'RoomAdmin', 'RoomAdmin', 'User', 'Guest');
    const [, adopted, conflict, same] = people;
    const others = [
      [adopted, 'User'],
      [same, 'User'],
    ] as const;
    for (const [person, type] of others) {
      const email = person?.email ?? '';
      await portal.as().createUser({ firstName: 'Jane', lastName: 'Roe', email, type, comment: '' });
    }
    const ugo = await portal.raw('POST', '/people', {
      firstName: 'X',
      lastName: 'Y',
      email: conflict?.email,
      type: 'User',
    });
    const { response } = (await ugo.json()) as { response: { id: string } };
    await portal.raw('PUT', '/people/status/Terminated', { userIds: [response.id] });

    const before = (await portal.ledger()).length;
    const { code, stdout } = await importIn(folderWith(people), '--dry-run', '--existing', 'adopt', '--json');
    expect(code).toBe(0);
    expect(lastJson(stdout)).toMatchObject({
      people: 5,
      accounts: 2,
      adopted: 1,
      conflicts: 1,
      nothingToDo: 1,
      mails: 1,
      paidSeats: 1,
      prospects: [
        { does: 'create', shown: null },
        { does: 'adopt', shown: 'User', role: 'RoomAdmin' },
        { does: 'conflict', why: 'the account with this e-mail is disabled' },
        { does: 'nothing to do', shown: 'User' },
        { does: 'create' },
      ],
    });
    const lines = (await portal.ledger()).slice(before);
    expect(new Set(lines.map(({ route }) => route))).toEqual(new Set(['GET /people/filter']));
  });

  it('ends on Ctrl-C while the portal does not answer', async () => {
    await portal.faults({ route: 'GET /people/email', when: 'before', does: { kind: 'hold' } });
    const cwd = folderWith(rows('User'));
    const running = spawnProgram('starter', ['import', 'people.csv', '--dry-run'], { cwd, env });
    await portal.reached('GET /people/email', 'received');
    const { code, stdout, stderr } = await running.kill('SIGINT');
    await portal.faults();
    await portal.release();
    expect([code, stdout, stderr]).toEqual([130, '', expect.stringContaining('A dry run writes nothing')]);
  });

  it('shows what the key can do; with --max-paid it exits 7 if the import needs too many seats', async () => {
    const { code, stdout, stderr } = await importIn(
      folderWith(rows('Manager', 'Manager')),
      '--dry-run',
      '--max-paid',
      '1',
    );
    expect(code).toBe(7);
    expect(stderr).toContain('Note: the key belongs to a person with the role Owner');
    expect(stdout).toContain('2 paid seats');
    expect(stderr).toContain('this import needs 2 paid seats, and --max-paid allows 1');
  });
});
