import { createHmac, type KeyObject } from 'node:crypto';
import type { CodecSettings } from '../program/settings/codec-keys.js';

/**
 * Identifies the keys of a codec without revealing them, for the identity of a worker: the ID key, then each codec key with its
 * name, the encrypting key first.
 */
export function fingerprintOf({ keys, idKey }: CodecSettings): string {
  return [hashOf(idKey), ...[...keys].map(([id, key]) => `${id}-${hashOf(key)}`)].join(',');
}

const hashOf = (key: KeyObject): string => createHmac('sha256', key).update('fingerprint').digest('hex').slice(0, 8);

interface Fingerprint {
  idKey: string;
  /** Hashes by name; the first key encrypts. */
  keys: Map<string, string>;
}

function parse(fingerprint: string): Fingerprint {
  const [idKey = '', ...entries] = fingerprint.split(',');
  const keys = entries.map((entry): [string, string] => [entry.slice(0, -9), entry.slice(-8)]);
  return { idKey, keys: new Map(keys) };
}

/** Why two programs with these fingerprints do not understand each other, if so. */
export function codecConflict(ours: string, theirs: string): string | undefined {
  const [own, other] = [parse(ours), parse(theirs)];
  if (own.idKey !== other.idKey) return 'ID_KEY is another key there';
  for (const [id, hash] of own.keys) {
    if ((other.keys.get(id) ?? hash) !== hash) return `CODEC_KEYS contains another key under the name "${id}" there`;
  }
  const [encryptsHere = ''] = own.keys.keys();
  const [encryptsThere = ''] = other.keys.keys();
  if (!other.keys.has(encryptsHere)) return `CODEC_KEYS lacks the key "${encryptsHere}" there`;
  return own.keys.has(encryptsThere) ? undefined : `CODEC_KEYS lacks the key "${encryptsThere}" here`;
}
