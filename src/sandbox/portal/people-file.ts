import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Employee } from './employee.js';
import type { KeyRing } from './seed.js';

type Line = KeyRing | { employee: Employee };

/** A file of JSON lines. Every statement appends one, so the people survive a kill. */
export class PeopleFile {
  private descriptor: number | undefined;

  constructor(private readonly path: string) {}

  /**
   * @returns the lines; none if the file is missing or empty
   * @throws if it is not the file of a sandbox
   */
  read(): Line[] {
    const text = existsSync(this.path) ? readFileSync(this.path, 'utf8') : '';
    const committed = text.slice(0, text.lastIndexOf('\n') + 1);
    const lines = committed
      .split('\n')
      .slice(0, -1)
      .map((line) => this.parse(line));
    if (text !== '' && !lines.some((line) => 'keys' in line))
      throw new Error(`${this.path} is not the data file of a sandbox`);
    // A kill cut off the last line. It was not committed, and the next line must not continue it.
    if (committed !== text) truncateSync(this.path, Buffer.byteLength(committed));
    return lines;
  }

  /** A kill leaves a complete file or none. */
  create(lines: readonly Line[]): void {
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(`${this.path}.new`, lines.map(serialize).join(''), { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
  }

  append(line: Line): void {
    this.descriptor ??= openSync(this.path, 'a', 0o600);
    writeSync(this.descriptor, serialize(line));
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private parse(text: string): Line {
    let line: unknown;
    try {
      line = JSON.parse(text);
    } catch {
      line = undefined;
    }
    if (typeof line === 'object' && line !== null && ('employee' in line || 'keys' in line)) return line as Line;
    throw new Error(`${this.path} is not the data file of a sandbox: it has a line of another kind`);
  }
}

function serialize(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}
