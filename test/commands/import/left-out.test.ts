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
