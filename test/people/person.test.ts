import { describe, expect, it } from 'vitest';
import { emailSchema, exampleInput, personSchema } from '../../src/people/person.js';

it('an e-mail becomes its one form', () => {
  expect(emailSchema.parse(' José@EXÄMPLE.de ')).toBe('josé@xn--exmple-cua.de');
});

describe('a name', () => {
  const named = (firstName: string, lastName: string) =>
    personSchema.safeParse({ ...exampleInput, firstName, lastName });

  it.each([
    ['Anne-Marie', "O'Brien"],
    ['José', 'Ñandú'],
    ['李', '小龙'],
    ['Cher', ''],
  ])('%s %s is accepted', (first, last) => {
    expect(named(first, last).success).toBe(true);
  });

  it.each([
    ['', 'Doe', 'the first name is missing'],
    ['R2D2', 'Doe', 'contains "2", which a portal refuses'],
    ['John', 'Doe, Jr.', 'contains ",", which a portal refuses'],
    ['John', 'O’Brien', 'contains "’", which a portal refuses'],
    ['𠮷田', 'Doe', 'contains "𠮷", which a portal refuses: it knows no characters beyond U+FFFF'],
    ['John', '𐐀', 'no characters beyond U+FFFF'],
    ['John', 'Doe😀', 'no characters beyond U+FFFF'],
    ['x'.repeat(65), 'Doe', 'longer than 64'],
  ])('%s %s is refused', (first, last, problem) => {
    const { error } = named(first, last);
    expect(error?.issues.map(({ message }) => message).join()).toContain(problem);
  });
});

it('a group or room that is named twice is requested once', () => {
  const { groups, rooms } = personSchema.parse({
    ...exampleInput,
    groups: '5a; Teachers; 5a',
    rooms: ['Library: Read', ' Library: Read '],
  });
  expect({ groups, rooms }).toEqual({ groups: ['5a', 'Teachers'], rooms: ['Library: Read'] });
});
