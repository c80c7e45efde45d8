import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { CodecSettings } from '../../../src/program/settings/codec-keys.js';
import { starterSettings } from '../../../src/program/settings/starter-settings.js';
import { problemsOf, readValid } from '../../support/settings.js';
import { emptyFolder, runStarter } from '../../support/starter.js';

const key = (bytes = 32): string => randomBytes(bytes).toString('base64');

const codecOf = (env: Record<string, string>): CodecSettings | undefined => readValid(starterSettings, env).codec;

describe('the codec', () => {
  it('is off if no key is set', () => {
    expect(codecOf({})).toBeUndefined();
  });

  it('takes several keys from the environment or a file, with the line end of an editor', () => {
    const keys = `new:${key()}, old:${key()}\n`;
    const file = join(emptyFolder(), 'keys');
    writeFileSync(file, keys);
    const idKey = key();
    for (const env of [
      { CODEC_KEYS: keys, ID_KEY: idKey },
      { CODEC_KEYS_FILE: file, ID_KEY: idKey },
    ]) {
      expect([...(codecOf(env)?.keys.keys() ?? [])]).toEqual(['new', 'old']);
    }
  });

  it('does not show its keys if it is printed', () => {
    const secret = key();
    const codec = codecOf({ CODEC_KEYS: `a:${secret}`, ID_KEY: secret });
    const bytes = Buffer.from(secret, 'base64');
    for (const shown of [inspect(codec, { depth: 10, showHidden: true }), JSON.stringify(codec)]) {
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain(bytes.toString('hex').slice(0, 8));
    }
  });

  it.each<[Record<string, string>, string[]]>([
    [
      { CODEC_KEYS: `a:${key(16)}`, ID_KEY: key() },
      ['CODEC_KEYS key "a" has 16 bytes instead of 32; generate one with: openssl rand -base64 32'],
    ],
    [{ CODEC_KEYS: 'a:***', ID_KEY: key() }, [expect.stringContaining('CODEC_KEYS key "a" is not base64')]],
    [{ CODEC_KEYS: key(), ID_KEY: key() }, [expect.stringContaining('CODEC_KEYS entry 1 is not ID:KEY')]],
    [{ CODEC_KEYS: '', ID_KEY: key() }, [expect.stringContaining('CODEC_KEYS entry 1 is not ID:KEY')]],
    [
      { CODEC_KEYS: `a:${key()},a:${key()}`, ID_KEY: key() },
      ['CODEC_KEYS contains the id "a" twice: give each key its own id'],
    ],
    [
      { CODEC_KEYS_FILE: '/nowhere/keys', ID_KEY: key() },
      [expect.stringMatching(/^CODEC_KEYS_FILE cannot be read: .*\/nowhere\/keys/)],
    ],
    [{ CODEC_KEYS: `a:${key()}` }, [expect.stringContaining('ID_KEY is not set')]],
    [{ CODEC_KEYS: `a:${key()}`, ID_KEY: 'short' }, [expect.stringContaining('ID_KEY is not base64')]],
    [
      { CODEC_KEYS: `a:${key()}`, ID_KEY_FILE: '/nowhere/id' },
      [expect.stringMatching(/^ID_KEY_FILE cannot be read: .*\/nowhere\/id/)],
    ],
    [{ ID_KEY: key() }, ['ID_KEY is set and CODEC_KEYS is not: set both, or neither']],
  ])('reports %j in one line without the key', (env, problems) => {
    expect(problemsOf(starterSettings, env)).toEqual(problems);
  });

  it('stops a command with exit 2 and every other problem', async () => {
    const env = { CODEC_KEYS: `a:${key(31)}`, API_HOST: 'portal' };
    const { code, stdout, stderr } = await runStarter(['status'], { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('API_HOST is not an address'),
      expect.stringContaining('CODEC_KEYS key "a" has 31 bytes'),
      expect.stringContaining('ID_KEY is not set'),
    ]);
    expect(stderr).not.toContain(env.CODEC_KEYS.slice(2, 20));
  });
});
