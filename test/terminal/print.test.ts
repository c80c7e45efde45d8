import { stripVTControlCharacters, styleText } from 'node:util';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { escapeControlCharacters, jsonOf, print, printJson, info } from '../../src/terminal/print.js';

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\u0000', '\r', '\u001B[2J', '\u001B]0;x\u0007', '\u009B', '\u2028', '\u202E', '\u2066', '\uD800'),
    fc.constantFrom('"', '\\', '😀', '\u{E0001}', 'é', ' '),
    fc.string({ unit: 'binary' }),
  ),
});

it('escapes every character that moves a cursor or turns text', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(stripVTControlCharacters(escapeControlCharacters(text)).replaceAll('\n', '')).toMatch(
        /^[^\p{C}\p{Zl}\p{Zp}]*$/u,
      );
    }),
  );
});

it.each(['green', 'yellow', 'red', 'cyan'] as const)('keeps our own %s, bold or not', (colour) => {
  const painted = styleText(colour, '✓', { validateStream: false });
  const bold = styleText([colour, 'bold'], '!', { validateStream: false });
  expect(escapeControlCharacters(`${painted} one\n${bold} two`)).toBe(`${painted} one\n${bold} two`);
});

it('escapes them in JSON, which parses to the same value', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(jsonOf({ text })).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
      expect(JSON.parse(jsonOf({ text }))).toEqual({ text });
    }),
  );
});

it('escapes in info, print and printJson', () => {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  info('a\u001B[2J');
  print('b\u202E');
  printJson('c\u202E');
  const written = [error, out].flatMap(({ mock }) => mock.calls.map(([text]) => text));
  vi.restoreAllMocks();
  expect(written).toEqual(['a<U+001B>[2J\n', 'b<U+202E>\n', '"c\\u202e"\n']);
});
