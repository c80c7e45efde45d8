import { describe, expect, it } from 'vitest';
import { folderWith, lastJson, rows, type Row } from '../../support/import-files.js';
import { TestPortal } from '../../support/portal.js';
import { setupPortal } from '../../support/scene.js';
import { runStarter, type Finished } from '../../support/starter.js';

let portal: TestPortal;
let env: Record<string, string>;
setupPortal((made) => ({ portal, env } = made));

const importOf = (people: readonly Row[], ...flags: string[]): Promise<Finished> =>
  runStarter(['import', 'people.csv', ...flags], { cwd: folderWith(people), env });

describe('import starts nothing', () => {
  it('if the file has problems: exit 3, with the line of each', async () => {
    const people = [...rows('User', 'Boss'), { email: 'nobody', role: 'User' }];
    const before = (await portal.ledger()).length;
    const { code, stdout, stderr } = await importOf(people, '--json');
    expect(code).toBe(3);
    expect(stderr).toContain('line 3, Role: "Boss" is not a role');
    expect(stderr).toContain('line 4, E-mail: "nobody" is not an e-mail address');
    expect(lastJson(stdout)).toMatchObject({
      problems: [
        { line: 3, column: 'Role' },
        { line: 4, column: 'E-mail' },
      ],
    });
    expect(await portal.ledger()).toHaveLength(before);
  });

  it('if it needs more paid seats than --max-paid allows', async () => {
    const people = rows('Manager', 'DocSpaceAdmin');
    const before = (await portal.ledger()).length;
    const { code, stderr } = await importOf(people, '--max-paid', '1');
    expect([code, stderr]).toEqual([7, expect.stringContaining('nothing was started')]);
    const calls = (await portal.ledger()).slice(before);
    expect(calls.filter(({ route }) => !route.startsWith('GET'))).toEqual([]);
  });

  it('at a portal elsewhere without a confirmation', async () => {
    const elsewhere = { ...env, API_HOST: 'https://portal.example.com', API_KEY: 'sk-elsewhere' };
    const { code, stderr } = await runStarter(['import', 'people.csv'], {
      cwd: folderWith(rows('User')),
      env: elsewhere,
    });
    expect([code, stderr]).toEqual([7, expect.stringContaining('--yes')]);
  });

  it.each([
    [['import', 'nowhere.csv'], 'there is no file nowhere.csv'],
    [['import', '.'], 'is a folder'],
    [['import', 'people.csv', '--format', 'xml'], '--format is one of csv, json, jsonl'],
    [['import', 'people.csv', '--role', 'Boss'], '--role: "Boss" is not a role'],
    [['import', 'people.csv', '--max-paid', 'two'], '--max-paid is a number'],
    [['import', 'people.csv', '--existing', 'steal'], '--existing is fail or adopt'],
    [['import', 'people.csv', '--out', 'no/such/folder/r.csv'], 'cannot write to the folder no/such/folder'],
    [['import', 'people.csv', '--out', 'people.csv'], 'is the file that is read'],
    [['import', 'people.csv', '--detach', '--dry-run'], '--dry-run and --detach exclude each other'],
    [['status', '--batch', 'xyz'], '--batch is the id that import prints'],
    [['cancel'], 'name one person by e-mail, or a batch by --batch'],
  ])('by %j: exit 2, with the reason', async (args, why) => {
    const { code, stderr } = await runStarter(args, { cwd: folderWith(rows('User')), env });
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  });
});
