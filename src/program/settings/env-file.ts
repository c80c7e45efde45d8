import { lstatSync, readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { belongsToOtherUser, isWritableByOthers } from '../file-permissions.js';

/** Reads a `.env` file. A missing file counts as empty; one that cannot be read is a problem. */
export function readEnvFile(path: string): { values: Readonly<Record<string, string>>; problems: readonly string[] } {
  try {
    if (!lstatSync(path, { throwIfNoEntry: false })) return { values: {}, problems: [] };
    const stats = statSync(path);
    if (!stats.isFile()) throw new Error('it is not a file');
    if (belongsToOtherUser(stats) || isWritableByOthers(stats)) {
      const fix = 'take their permission away (chown, chmod go-w), or remove the file';
      return { values: {}, problems: [`other users of this machine can change ${path}: ${fix}`] };
    }
    const text = decode(readFileSync(path));
    return {
      values: parseEnv(text) as Record<string, string>,
      problems: findOddLines(text).map((problem) => `${path} ${problem}`),
    };
  } catch (error) {
    return { values: {}, problems: [`${path} cannot be read: ${(error as Error).message}`] };
  }
}

/**
 * Editors and shells on Windows write UTF-16, and a byte order mark before UTF-8. An old Mac ends its lines with CR,
 * which `parseEnv` would take for a part of the value.
 */
function decode(bytes: Buffer): string {
  const isLittleEndian = (bytes[0] === 0xff && bytes[1] === 0xfe) || bytes[1] === 0;
  const isBigEndian = (bytes[0] === 0xfe && bytes[1] === 0xff) || bytes[0] === 0;
  const encoding = isLittleEndian ? 'utf-16le' : isBigEndian ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes).replaceAll(/\r\n?/g, '\n');
}

/** `parseEnv` ignores whatever follows a closing quote. */
const secondAssignment = /^(["'`])(?:(?!\1).)*\1[\s;&]+(?:export\s+)?[A-Za-z_]\w*=/;

/** The lines that are neither an assignment nor part of a quoted value. */
function findOddLines(text: string): string[] {
  const lines = text.split('\n');
  const problems: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, value] = /^\s*(?:export\s+)?[\w.-]+\s*=\s*(.*)$/.exec(line) ?? [];
    if (value === undefined) problems.push(`line ${index + 1} is not an assignment: write NAME=value`);
    if (secondAssignment.test(value ?? '')) {
      problems.push(`line ${index + 1} contains a second assignment: write it on a line of its own`);
    }
    const quote = /^["'`]/.exec(value ?? '')?.[0];
    if (quote === undefined || value?.slice(1).includes(quote)) continue;
    const end = lines.findIndex((later, at) => at > index && later.includes(quote));
    if (end === -1) problems.push(`line ${index + 1} opens a quote that is never closed`);
    else index = end;
  }
  return problems;
}
