import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailProblem, normalizeEmail } from '../../src/domain/email.js';

describe('an e-mail is accepted', () => {
  it.each([
    [' John.Doe@Example.COM ', 'john.doe@example.com'],
    ['\u00a0jane@example.com\u00a0', 'jane@example.com'],
    ['josé@exämple.de', 'josé@xn--exmple-cua.de'],
    ['jose\u0301@example.com', 'josé@example.com'],
    ["o'brien+test@mail.example.co.uk", "o'brien+test@mail.example.co.uk"],
    ['r&d/2=a*b#c@example.com', 'r&d/2=a*b#c@example.com'],
    ['_jane-1@example.com', '_jane-1@example.com'],
    ['x@example。com', 'x@example.com'],
    ['анна.ли@пример.рф', 'анна.ли@xn--e1afmkfd.xn--p1ai'],
    ['李小龙@example.com', '李小龙@example.com'],
    ['さとう太郎@example.jp', 'さとう太郎@example.jp'],
  ])('"%s" as %s', (text, form) => {
    expect([emailProblem(text), normalizeEmail(text)]).toEqual([undefined, form]);
  });
});

describe('an e-mail is refused', () => {
  it.each([
    ['', 'the e-mail is missing'],
    ['x', '"x" is not an e-mail address'],
    ['@example.com', 'is not'],
    ['x@', 'is not'],
    ['x@@example.com', 'it contains "@" (U+0040)'],
    ['jane@a29@example.com', 'it contains "@" (U+0040)'],
    ['jane@example.com/john@example.com', 'it contains "@" (U+0040)'],
    ['a b@example.com', 'it contains " " (U+0020)'],
    ['x@example', 'is not'],
    ['x@-a.com', 'is not'],
    ['.x@example.com', 'it contains "." (U+002E)'],
    ['x..y@example.com', 'is not'],
    ['x@example..com', 'is not'],
    ['x@exam\nple.com', 'it contains an invisible character (U+000A)'],
    ['x@exam%70le.com', 'it contains "%" (U+0025)'],
    [`${'x'.repeat(250)}@example.com`, 'longer than 254'],
    ['jane😀@example.com', 'it contains "😀" (U+1F600)'],
  ])('"%s": %s', (text, problem) => {
    expect(emailProblem(text)).toContain(problem);
  });
});

describe('an e-mail is refused with the address that was meant', () => {
  it.each([
    ['Jane Roe <Jane@example.com>', ' (U+0020); write jane@example.com'],
    ['"A > B" <jane@example.com>', '; write jane@example.com'],
    ['<jane@example.com>', '; write jane@example.com'],
    ['mailto:jane@example.com?subject=Hi', '; write jane@example.com'],
    ['jane@example.com.', '; write jane@example.com'],
    ['jane@example.com;', '; write jane@example.com'],
    ["'jane@example.com", 'an apostrophe in front (U+0027); write jane@example.com'],
    ['•jane@example.com', 'a bullet (U+2022); write jane@example.com'],
    ['“jane@example.com”', 'a left double quotation mark (U+201C); write jane@example.com'],
    ['=jane@example.com', 'an equals sign in front (U+003D); write jane@example.com'],
    ['*jane@example.com', 'an asterisk in front (U+002A); write jane@example.com'],
    ['#jane@example.com', 'a number sign in front (U+0023); write jane@example.com'],
    ['İSMAİL@EXAMPLE.COM', 'the Turkish capital I with a dot (U+0130); write ismail@example.com'],
    ['аnna@example.com', 'the Cyrillic letter "а" (U+0430); write anna@example.com'],
    ['jane@exаmple.com', 'the Cyrillic letter "а" (U+0430); write jane@example.com'],
    ['οlga@example.com', 'the Greek letter "ο" (U+03BF); write olga@example.com'],
    ['ｊane@example.com', 'a compatibility form of "j" (U+FF4A); write jane@example.com'],
    ['jane＠example.com', '; write jane@example.com'],
    ['o’brien@example.com', "a right single quotation mark (U+2019); write o'brien@example.com"],
    ['jane–roe@example.com', 'an en dash (U+2013); write jane-roe@example.com'],
    ['jane\u2011roe@example.com', 'a non-breaking hyphen (U+2011); write jane-roe@example.com'],
    ['jane@exam–ple.com', 'an en dash (U+2013); write jane@exam-ple.com'],
    ['jane\u200b@example.com', 'a zero-width space (U+200B); write jane@example.com'],
    ['jane\ufe0f@example.com', 'a variation selector (U+FE0F); write jane@example.com'],
    ['jane\u034f@example.com', 'a combining grapheme joiner (U+034F); write jane@example.com'],
    ['jane\u3164@example.com', 'a Hangul filler (U+3164); write jane@example.com'],
    ['jane@exam\u200bple.com', 'a zero-width space (U+200B); write jane@example.com'],
  ])('"%s": %s', (text, problem) => {
    expect(emailProblem(text)).toMatch(new RegExp(`${problem.replaceAll(/[().+?]/g, String.raw`\$&`)}$`));
  });
});

it('an e-mail keeps its form when it is normalized again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), fc.string(), fc.string({ unit: 'grapheme' })), (text) => {
      expect(normalizeEmail(normalizeEmail(text))).toBe(normalizeEmail(text));
    }),
  );
});

it('an accepted e-mail is accepted in its normalized form', () => {
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: 'grapheme' })), (text) => {
      if (emailProblem(text) === undefined) expect(emailProblem(normalizeEmail(text))).toBeUndefined();
    }),
  );
});
