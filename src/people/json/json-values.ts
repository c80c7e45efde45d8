import { printParseErrorCode, visit } from 'jsonc-parser';
import { depthLimit, rowLengthLimit } from '../limits.js';
import { FileError, quoted } from '../problem.js';

/** A value of a list, with facts that `JSON.parse` does not provide. */
export interface JsonValue {
  line: number;
  json: string;
  /** Keys that occur more than once in the object. */
  repeatedKeys: readonly string[];
}

type OnValue = (value: JsonValue) => void;

/**
 * Finds the values of a JSON array.
 *
 * @throws {FileError}
 */
export function readJsonArray(text: string, onValue: OnValue): void {
  const [first] = text.trimStart();
  if (first === undefined) throw new FileError(1, 'the file is empty');
  if (first !== '[') {
    const line = text.slice(0, text.length - text.trimStart().length).split('\n').length;
    throw new FileError(line, `a JSON list starts with [, but this file starts with ${quoted(first)}${listHint(text)}`);
  }
  readValues(text, { firstLine: 1, level: 1 }, onValue);
}

/**
 * Finds the value of a line.
 *
 * @throws {FileError}
 */
export function readJsonLine(text: string, line: number, onValue: OnValue): void {
  readValues(text, { firstLine: line, level: 0 }, onValue);
}

/** Tells the user where the list is, if an object wraps it. */
function listHint(text: string): string {
  const key = /"((?:[^"\\\n]|\\.)*)"\s*:\s*\[\s*\{/.exec(text.slice(0, rowLengthLimit))?.[1];
  return key === undefined
    ? '; one object per line is the format jsonl'
    : `; the list is under ${quoted(key)}: save only that list`;
}

/** @param level the number of brackets around each value */
function readValues(text: string, { firstLine, level }: { firstLine: number; level: number }, onValue: OnValue): void {
  let depth = 0;
  let value = { line: firstLine, offset: 0, keys: new Set<string>(), repeatedKeys: [] as string[] };

  const open = (offset: number, _length: number, startLine: number): void => {
    const line = firstLine + startLine;
    if (depth === level) value = { line, offset, keys: new Set(), repeatedKeys: [] };
    depth += 1;
    if (depth > depthLimit) throw new FileError(line, `the JSON is nested more than ${depthLimit} levels deep`);
  };
  const close = (offset: number, length: number): void => {
    depth -= 1;
    if (depth !== level) return;
    const { line, repeatedKeys } = value;
    const json = text.slice(value.offset, offset + length);
    if (json.length > rowLengthLimit) {
      throw new FileError(line, `the object is longer than ${rowLengthLimit / 1024} KiB`);
    }
    onValue({ line, json, repeatedKeys });
  };

  visit(
    text,
    {
      onObjectBegin: open,
      onArrayBegin: open,
      onObjectEnd: close,
      onArrayEnd: close,
      onObjectProperty(key) {
        if (depth !== level + 1) return;
        if (value.keys.has(key)) value.repeatedKeys.push(key);
        value.keys.add(key);
      },
      onLiteralValue(_literal, offset, length, startLine) {
        open(offset, length, startLine);
        close(offset, length);
      },
      onError(code, _offset, _length, startLine) {
        const error = printParseErrorCode(code)
          .replaceAll(/\B[A-Z]/g, ' $&')
          .toLowerCase();
        const where = depth > level ? ` in the object that starts in line ${value.line}` : '';
        throw new FileError(firstLine + startLine, `this is not valid JSON: ${error}${where}`);
      },
    },
    { disallowComments: true },
  );
}
