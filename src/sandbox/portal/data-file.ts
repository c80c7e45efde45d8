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
import type { Department, Membership } from './department.js';
import type { Employee } from './employee.js';
import type { Room, Share } from './room.js';
import type { KeyRing } from './seed.js';

type Line =
  | KeyRing
  | { employee: Employee }
  | { department: Department }
  | { membership: Membership }
  | { room: Room }
  | { share: Share };

const kinds = ['keys', 'employee', 'department', 'membership', 'room', 'share'];

/** A file of JSON lines. Every statement appends one, so the portal survives a kill. */
export class DataFile {
  private descriptor: number | undefined;
  /** What the file contained when it was opened; nothing if it was missing or empty. */
  readonly lines: readonly Line[];

  /** @throws if it is not the file of a sandbox */
  constructor(private readonly path: string) {
    this.lines = this.read();
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

  private read(): Line[] {
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

  private parse(text: string): Line {
    let line: unknown;
    try {
      line = JSON.parse(text);
    } catch {
      line = undefined;
    }
    const isKnown = typeof line === 'object' && line !== null && kinds.some((kind) => kind in line);
    if (isKnown) return line as Line;
    throw new Error(`${this.path} is not the data file of a sandbox: it has a line of another kind`);
  }
}

function serialize(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}
