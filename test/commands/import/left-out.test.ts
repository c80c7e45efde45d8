import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { leftOutRows } from '../../../src/commands/import/read-import.js';
import { readPeople } from '../../../src/people/read.js';
import { piecesOf } from '../../support/pieces.js';

const jane = { firstName: 'Jane', lastName: 'Roe', email: 'jane@example.com', role: 'User' };

it.each([
  ['repeated on one line', [jane, jane, jane], 0],
  ['repeated, and another is invalid', [jane, jane, { ...jane, email: 'john@' }], 1],
  ['contested', [jane, { ...jane, role: 'Guest' }], 2],
  ['no object', [jane, 7], 1],
])('people who are %s: how many are left out', async (_, people, leftOut) => {
  expect(leftOutRows(await readPeople(piecesOf(Buffer.from(JSON.stringify(people)))))).toBe(leftOut);
});

it.each([
  ['skip.csv', 1, 2],
  ['names-odd.csv', 23, 26],
  ['inch-swallow2.csv', 1, 3],
  ['dash-lookalike.csv', 2, 2],
])('%s: %d are imported, %d left out', async (name, imported, leftOut) => {
  const path = fileURLToPath(new URL(`../../people/files/${name}`, import.meta.url));
  const file = await readPeople(createReadStream(path));
  expect([file.people.length, leftOutRows(file)]).toEqual([imported, leftOut]);
});
