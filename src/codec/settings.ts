import { createSecretKey, type KeyObject } from 'node:crypto';
import { secretIn, type Environment } from '../program/settings.js';

/** How payloads are encrypted, and by what ids are made of e-mails. Key objects: unlike bytes, nothing prints them. */
export interface CodecSettings {
  /** The first one encrypts, each of them decrypts. */
  keys: ReadonlyMap<string, KeyObject>;
  /** Never rotated: with another one nobody is found again. */
  idKey: KeyObject;
}

/** AES-256. */
const keyBytes = 32;

const makeOne = 'make one with: openssl rand -base64 32';

/** The codec, which is on where `CODEC_KEYS` or `CODEC_KEYS_FILE` is set; adds what is wrong with it to `problems`. */
export function readCodec(env: Environment, problems: string[]): CodecSettings | undefined {
  const given = secretIn(env, 'CODEC_KEYS', problems);
  const isSet = env['CODEC_KEYS'] !== undefined || env['CODEC_KEYS_FILE'] !== undefined;
  const hasIdKey = env['ID_KEY'] !== undefined || env['ID_KEY_FILE'] !== undefined;
  if (!isSet) {
    if (hasIdKey) problems.push('ID_KEY is set and CODEC_KEYS is not: set both, or neither');
    return undefined;
  }
  const keys = given === undefined ? undefined : readKeys(given, problems);
  const idKey = hasIdKey ? readIdKey(secretIn(env, 'ID_KEY', problems), problems) : undefined;
  if (!hasIdKey) problems.push(`ID_KEY is not set: with CODEC_KEYS, ids are made of e-mails by it; ${makeOne}`);
  return keys && idKey && { keys, idKey };
}

function readKeys(given: string, problems: string[]): CodecSettings['keys'] | undefined {
  const keys = new Map<string, KeyObject>();
  const before = problems.length;
  for (const [index, entry] of given.split(',').entries()) {
    const [, id, text] = /^\s*([\w.-]{1,64}):(.*)$/s.exec(entry) ?? [];
    const name = id === undefined ? `entry ${index + 1} of CODEC_KEYS` : `the key "${id}" in CODEC_KEYS`;
    if (id === undefined || text === undefined) {
      problems.push(`${name} is not written as ID:KEY, where ID is of letters, digits, dots and dashes`);
    } else if (keys.has(id)) {
      problems.push(`${name} is there twice: give each key an id of its own`);
    } else {
      const key = keyIn(text, name, problems);
      if (key) keys.set(id, key);
    }
  }
  return problems.length === before ? keys : undefined;
}

function readIdKey(given: string | undefined, problems: string[]): KeyObject | undefined {
  return given === undefined ? undefined : keyIn(given, 'ID_KEY', problems);
}

/** What is wrong is said without the key. */
function keyIn(text: string, name: string, problems: string[]): KeyObject | undefined {
  const base64 = text.trim();
  if (!/^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(base64)) {
    problems.push(`${name} is not base64; ${makeOne}`);
    return undefined;
  }
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === keyBytes) return createSecretKey(bytes);
  problems.push(`${name} has ${bytes.length} bytes, and needs ${keyBytes}; ${makeOne}`);
  return undefined;
}
