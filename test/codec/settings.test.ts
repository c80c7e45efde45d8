import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readCodec } from '../../src/codec/settings.js';
import { emptyFolder, runStarter } from '../support/starter.js';

const key = (bytes = 32): string => randomBytes(bytes).toString('base64');

function problemsOf(env: Record<string, string>): string[] {
  const problems: string[] = [];
  readCodec(env, problems);
  return problems;
}

describe('the codec', () => {
  it('is off where no key is set', () => {
    expect([readCodec({}, []), problemsOf({})]).toEqual([undefined, []]);
  });

  it('takes several keys, the first of which encrypts, from the environment or a file, with the line end of an editor', () => {
    const given = `new:${key()}, old:${key()}\n`;
    const file = join(emptyFolder(), 'keys');
    writeFileSync(file, given);
    const idKey = key();
    for (const env of [
      { CODEC_KEYS: given, ID_KEY: idKey },
      { CODEC_KEYS_FILE: file, ID_KEY: idKey },
    ]) {
      expect([...(readCodec(env, [])?.keys.keys() ?? [])]).toEqual(['new', 'old']);
    }
  });

  it('shows its keys to nobody who prints it', () => {
    const secret = key();
    const codec = readCodec({ CODEC_KEYS: `a:${secret}`, ID_KEY: secret }, []);
    const bytes = Buffer.from(secret, 'base64');
    for (const shown of [inspect(codec, { depth: 10, showHidden: true }), JSON.stringify(codec)]) {
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain(bytes.toString('hex').slice(0, 8));
    }
  });

  it.each<[Record<string, string>, string[]]>([
    [
      { CODEC_KEYS: `a:${key(16)}`, ID_KEY: key() },
      ['the key "a" in CODEC_KEYS has 16 bytes, and needs 32; make one with: openssl rand -base64 32'],
    ],
    [{ CODEC_KEYS: 'a:***', ID_KEY: key() }, [expect.stringContaining('the key "a" in CODEC_KEYS is not base64')]],
    [{ CODEC_KEYS: key(), ID_KEY: key() }, [expect.stringContaining('entry 1 of CODEC_KEYS is not written as ID:KEY')]],
    [{ CODEC_KEYS: '', ID_KEY: key() }, [expect.stringContaining('entry 1 of CODEC_KEYS is not written as ID:KEY')]],
    [
      { CODEC_KEYS: `a:${key()},a:${key()}`, ID_KEY: key() },
      ['the key "a" in CODEC_KEYS is there twice: give each key an id of its own'],
    ],
    [{ CODEC_KEYS_FILE: '/nowhere/keys', ID_KEY: key() }, ['CODEC_KEYS_FILE cannot be read: /nowhere/keys']],
    [{ CODEC_KEYS: `a:${key()}` }, [expect.stringContaining('ID_KEY is not set')]],
    [{ CODEC_KEYS: `a:${key()}`, ID_KEY: 'short' }, [expect.stringContaining('ID_KEY is not base64')]],
    [{ CODEC_KEYS: `a:${key()}`, ID_KEY_FILE: '/nowhere/id' }, ['ID_KEY_FILE cannot be read: /nowhere/id']],
    [{ ID_KEY: key() }, ['ID_KEY is set and CODEC_KEYS is not: set both, or neither']],
  ])('%j is a problem, said in a line without the key', (env, problems) => {
    expect(problemsOf(env)).toEqual(problems);
  });

  it('with a problem is exit 2, with every other problem, and nothing is started', async () => {
    const env = { CODEC_KEYS: `a:${key(31)}`, API_HOST: 'portal' };
    const { code, stdout, stderr } = await runStarter(['status'], { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('API_HOST is not an address'),
      expect.stringContaining('the key "a" in CODEC_KEYS has 31 bytes'),
      expect.stringContaining('ID_KEY is not set'),
    ]);
    expect(stderr).not.toContain(env.CODEC_KEYS.slice(2, 20));
  });
});
