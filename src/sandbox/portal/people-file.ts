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
import type { Founding } from './founders.js';

type Line = Founding | { employee: Employee };

/** A file of JSON lines to which every commit appends, so that the people outlive a kill. */
export class PeopleFile {
  private descriptor: number | undefined;

  constructor(private readonly path: string) {}

  /**
   * What the file holds; nothing where there is none, or an empty one.
   *
   * @throws where it is none of a sandbox's.
   */
  read(): Line[] {
    const text = existsSync(this.path) ? readFileSync(this.path, 'utf8') : '';
    const committed = text.slice(0, text.lastIndexOf('\n') + 1);
    const lines = committed
      .split('\n')
      .slice(0, -1)
      .map((line) => this.parse(line));
    if (text !== '' && !lines.some((line) => 'keys' in line)) throw new Error(`${this.path} holds no sandbox`);
    // A kill cut off the last line: it was not committed, and the next one must not be written behind it.
    if (committed !== text) truncateSync(this.path, Buffer.byteLength(committed));
    return lines;
  }

  /** A kill leaves a portal or none, never one without its founders. */
  found(lines: readonly Line[]): void {
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(`${this.path}.new`, lines.map(written).join(''), { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
  }

  append(line: Line): void {
    this.descriptor ??= openSync(this.path, 'a', 0o600);
    writeSync(this.descriptor, written(line));
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
    throw new Error(`${this.path} has a line that is none of a sandbox's`);
  }
}

function written(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}
