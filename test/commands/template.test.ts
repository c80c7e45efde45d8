import { writeFileSync, createReadStream } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRole, roles } from '../../src/domain/roles.js';
import { readPeople } from '../../src/people/read.js';
import { emptyFolder, runStarter } from '../support/starter.js';

describe('template', () => {
  it('prints a valid file with one person for each role', async () => {
    const { code, stdout, stderr } = await runStarter(['template']);
    expect([code, stderr]).toEqual([0, '']);
    const path = join(emptyFolder(), 'people.csv');
    writeFileSync(path, stdout);
    const { people, problems } = await readPeople(createReadStream(path));
    expect(problems).toEqual([]);
    expect(people.map(({ role }) => parseRole(role))).toEqual([...roles]);
    for (const { email } of people) expect(email).toMatch(/@example\.com$/);
  });

  it('shows npm -s in its example', async () => {
    const { stdout } = await runStarter(['template', '--help']);
    expect(stdout).toContain('$ npm run -s starter -- template > people.csv\n');
  });

  it('takes no arguments', async () => {
    const { code, stdout, stderr } = await runStarter(['template', 'x.csv']);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('unexpected argument "x.csv"')]);
  });
});
