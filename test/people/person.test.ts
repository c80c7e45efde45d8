import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseEmail } from '../../src/domain/email.js';
import { emailSchema, exampleInput, personSchema } from '../../src/people/person.js';

describe('an e-mail', () => {
  it.each([
    [' John.Doe@Example.COM ', 'john.doe@example.com'],
    ['josé@exämple.de', 'josé@xn--exmple-cua.de'],
    ['jose\u0301@example.com', 'josé@example.com'],
    ["o'brien+test@mail.example.co.uk", "o'brien+test@mail.example.co.uk"],
    ['x@example。com', 'x@example.com'],
  ])('"%s" has the one form %s', (text, form) => {
    expect(emailSchema.parse(text)).toBe(form);
  });

  it.each([
    '',
    'x',
    '@example.com',
    'x@',
    'x@@example.com',
    'a b@example.com',
    'x@example',
    'x@-a.com',
    '.x@example.com',
    'x..y@example.com',
    'x@example..com',
    'x@exam\nple.com',
    'x@exam\tple.com',
    'x@exam%70le.com',
    'x@exam\u200bple.com',
    'x\u200by@example.com',
    `${'x'.repeat(250)}@example.com`,
  ])('"%s" is refused', (text) => {
    expect(emailSchema.safeParse(text).success).toBe(false);
  });

  it.each([
    'Jane Roe <Jane@example.com>',
    'mailto:jane@example.com',
    '<jane@example.com>',
    '"A > B" <jane@example.com>',
  ])('"%s" is refused with what to write', (text) => {
    expect(emailSchema.safeParse(text).error?.issues[0]?.message).toMatch(/; write jane@example\.com$/);
  });

  it('keeps its form when it is brought to it again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.string()), (text) => {
        expect(normaliseEmail(normaliseEmail(text))).toBe(normaliseEmail(text));
      }),
    );
  });
});

describe('a name', () => {
  const named = (firstName: string, lastName: string) =>
    personSchema.safeParse({ ...exampleInput, firstName, lastName });

  it.each([
    ['Anne-Marie', "O'Brien"],
    ['José', 'Ñandú'],
    ['李', '小龙'],
    ['Cher', ''],
  ])('%s %s is what a portal takes', (first, last) => {
    expect(named(first, last).success).toBe(true);
  });

  it.each([
    ['', 'Doe', 'the first name is missing'],
    ['R2D2', 'Doe', 'has a character that a portal refuses: 2 '],
    ['John', 'Doe, Jr.', 'has a character that a portal refuses: , '],
    ['John', 'O’Brien', 'has a character that a portal refuses: ’ '],
    ['x'.repeat(65), 'Doe', 'longer than 64'],
  ])('%s %s is refused', (first, last, problem) => {
    const { error } = named(first, last);
    expect(error?.issues.map(({ message }) => message).join()).toContain(problem);
  });
});
