import { createHmac, type KeyObject } from 'node:crypto';
import type { CodecSettings } from '../program/settings/codec-keys.js';

/** Identifies the keys of a codec without revealing them: the ID key, then each codec key with its name. */
export function fingerprintOf({ keys, idKey }: CodecSettings): string {
  return [hashOf(idKey), ...[...keys].map(([id, key]) => `${id}-${hashOf(key)}`)].join(',');
}

const hashLength = 8;

const hashOf = (key: KeyObject): string =>
  createHmac('sha256', key).update('fingerprint').digest('hex').slice(0, hashLength);

interface Fingerprint {
  idKey: string;
  /** Hashes by name; the first key encrypts. */
  keys: Map<string, string>;
}

function parse(fingerprint: string): Fingerprint {
  const [idKey = '', ...entries] = fingerprint.split(',');
  const keys = entries.map((entry): [string, string] => [entry.slice(0, -hashLength - 1), entry.slice(-hashLength)]);
  return { idKey, keys: new Map(keys) };
}

/** Tells which key has another value there, if any. */
export function codecKeyConflict(here: string, there: string): string | undefined {
  const [own, other] = [parse(here), parse(there)];
  if (own.idKey !== other.idKey) return 'ID_KEY is another key there';
  const [id] = [...own.keys].find(([name, hash]) => (other.keys.get(name) ?? hash) !== hash) ?? [];
  return id === undefined ? undefined : `CODEC_KEYS contains another key named "${id}" there`;
}

/** Why two programs cannot read each other's payloads, if they cannot. */
export function codecMismatch(here: string, there: string): string | undefined {
  const conflict = codecKeyConflict(here, there);
  if (conflict !== undefined) return conflict;
  const [own, other] = [parse(here).keys, parse(there).keys];
  const [encryptsHere = ''] = own.keys();
  const [encryptsThere = ''] = other.keys();
  if (!other.has(encryptsHere)) return `CODEC_KEYS lacks the key "${encryptsHere}" there`;
  return own.has(encryptsThere) ? undefined : `CODEC_KEYS lacks the key "${encryptsThere}" here`;
}
