import { ValidationError } from './errors.js';

type Query = Record<string, string | undefined>;

/** `count` and `startIndex` of a list (docspace-api.md §2). */
export function readPage({ count, startIndex }: Query): { size: number; start: number } {
  const size = readNumber('count', count, { from: 1, to: 100, otherwise: 100 });
  return { size, start: readNumber('startIndex', startIndex, { from: 0, to: 2 ** 31 - 1, otherwise: 0 }) };
}

function readNumber(
  name: string,
  text: string | undefined,
  { from, to, otherwise }: { from: number; to: number; otherwise: number },
): number {
  if (text === undefined) return otherwise;
  if (!/^-?\d+$/.test(text)) throw new ValidationError({ [name]: [`The value '${text}' is not valid.`] });
  if (Number(text) < from || Number(text) > to) {
    throw new ValidationError({ [name]: [`The field ${name} must be between ${from} and ${to}.`] });
  }
  return Number(text);
}
