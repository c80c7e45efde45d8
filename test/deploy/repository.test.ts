import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);

const secrets = [
  /\bsk-(?!0{32})[\da-f]{32}/, // of a portal or a sandbox; recordings mask it with zeros
  /\b[\w-]+:[A-Za-z\d+/]{43}=(?![\w=])/, // of a codec
  /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z\d+/]{20}/,
];

describe('the repository', () => {
  it.each([
    ['a portal', `sk-${'0a'.repeat(32)}`],
    ['a codec', `k1:${Buffer.alloc(32, 7).toString('base64')}`],
    ['TLS', `-----BEGIN PRIVATE KEY-----\n${'Ab1/'.repeat(16)}`],
  ])('would report a key of %s', (_, key) => {
    expect(secrets.some((secret) => secret.test(`it is ${key} here`))).toBe(true);
  });

  it('contains no key in any file', () => {
    expect(files.length).toBeGreaterThan(200);
    const found = files
      .filter((file) => existsSync(join(root, file)))
      .filter((file) => {
        const text = readFileSync(join(root, file), 'utf8');
        return secrets.some((secret) => secret.test(text));
      });
    expect(found).toEqual([]);
  });
});
