import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { codecKeyConflict, codecMismatch, fingerprintOf } from '../../src/codec/fingerprint.js';
import { fingerprintIn, workerIdentity } from '../../src/temporal/identity.js';

const key = (): KeyObject => createSecretKey(randomBytes(32));
const [idKey, a, b] = [key(), key(), key()];

const of = (keys: Record<string, KeyObject>, id = idKey): string =>
  fingerprintOf({ keys: new Map(Object.entries(keys)), idKey: id });

describe('the fingerprint of a codec', () => {
  it('is part of the identity of a worker', () => {
    const fingerprint = of({ a, 'b.2-x': b });
    expect(fingerprintIn(workerIdentity(fingerprint, 'http://127.0.0.1:1'))).toBe(fingerprint);
    expect(fingerprintIn(workerIdentity(undefined, undefined))).toBeNull();
    expect(fingerprintIn('123@elsewhere')).toBeUndefined();
  });

  it('does not reveal the keys', () => {
    expect(of({ a })).toMatch(/^[\da-f]{8},a-[\da-f]{8}$/);
  });

  it.each([
    ['the same keys', of({ a }), of({ a }), undefined],
    ['a rotation: the new key decrypts everywhere', of({ a, b }), of({ b, a }), undefined],
    ['another ID key', of({ a }), of({ a }, key()), 'ID_KEY is another key there'],
    ['another key under the same name', of({ a }), of({ a: b }), 'CODEC_KEYS contains another key named "a" there'],
    ['a key that is missing there', of({ b, a }), of({ a }), 'CODEC_KEYS lacks the key "b" there'],
    ['a key that is missing here', of({ a }), of({ b, a }), 'CODEC_KEYS lacks the key "b" here'],
  ])('tells %s', (_, here, there, mismatch) => {
    expect(codecMismatch(here, there)).toBe(mismatch);
  });

  it('is in conflict only if a key has two values', () => {
    expect(codecKeyConflict(of({ b, a }), of({ a }))).toBeUndefined();
    expect(codecKeyConflict(of({ a }), of({ a: b }))).toBe('CODEC_KEYS contains another key named "a" there');
  });
});
