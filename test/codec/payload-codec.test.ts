import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EncryptingCodec, MissingKey } from '../../src/codec/payload-codec.js';

const keyOf = (): ReturnType<typeof createSecretKey> => createSecretKey(randomBytes(32));
const [a, b, idKey] = [keyOf(), keyOf(), keyOf()];
/** What an encrypted payload always has. */
type Whole = { metadata: Record<string, Uint8Array>; data: Uint8Array };

const secret = { email: 'jane.roe@example.com' };

function codec(...keys: [string, typeof a][]): EncryptingCodec {
  return new EncryptingCodec({ keys: new Map(keys), idKey });
}

async function encrypted(by: EncryptingCodec, value: unknown = secret): Promise<Payload> {
  const [payload] = await by.encode([defaultPayloadConverter.toPayload(value)]);
  return payload!;
}

async function opened(by: EncryptingCodec, payload: Payload): Promise<unknown> {
  const [plain] = await by.decode([payload]);
  return defaultPayloadConverter.fromPayload(plain!);
}

describe('a payload', () => {
  it('is unchanged after decryption, and names only its key', async () => {
    const payload = await encrypted(codec(['a', a]));
    expect(Buffer.from(payload.metadata?.['encryption-key-id'] ?? []).toString()).toBe('a');
    expect(Buffer.from(payload.data!).toString('latin1')).not.toContain('jane');
    expect(await opened(codec(['a', a]), payload)).toEqual(secret);
  });

  it('differs each time, because its IV is random', async () => {
    const one = await encrypted(codec(['a', a]));
    const other = await encrypted(codec(['a', a]));
    expect(Buffer.from(one.data!)).not.toEqual(Buffer.from(other.data!));
  });

  it('of an older key is decrypted; the first key encrypts', async () => {
    const old = await encrypted(codec(['a', a]));
    const rotated = codec(['b', b], ['a', a]);
    expect(await opened(rotated, old)).toEqual(secret);
    expect(await opened(codec(['b', b]), await encrypted(rotated))).toEqual(secret);
  });

  it('of a missing key is an error, with or without a codec', async () => {
    const old = await encrypted(codec(['a', a]));
    await expect(codec(['b', b]).decode([old])).rejects.toThrow(
      'a payload was encrypted with the key "a", which CODEC_KEYS lacks',
    );
    await expect(new EncryptingCodec(undefined).decode([old])).rejects.toThrow(MissingKey);
  });

  it('without encryption is accepted, because the Web UI sends such signals', async () => {
    expect(await opened(codec(['a', a]), defaultPayloadConverter.toPayload('RoomAdmin'))).toBe('RoomAdmin');
    const [plain] = await new EncryptingCodec(undefined).encode([defaultPayloadConverter.toPayload(secret)]);
    expect(defaultPayloadConverter.fromPayload(plain!)).toEqual(secret);
  });

  const forged: [string, (payload: Whole) => Payload][] = [
    ['changed', ({ metadata, data }) => ({ metadata, data: Buffer.from(data).fill(7, 20, 21) })],
    ['cut off', ({ metadata, data }) => ({ metadata, data: data.subarray(0, 9) })],
    ['emptied', ({ metadata }) => ({ metadata })],
    [
      'of a key that somebody made up',
      ({ metadata, data }) => ({ metadata: { ...metadata, 'encryption-key-id': Buffer.from('made-up') }, data }),
    ],
    ['of another program', ({ metadata, data }) => ({ metadata: { encoding: metadata['encoding']! }, data })],
  ];

  it.each(forged)('that was %s becomes a text, not an error that would block a run', async (_, forge) => {
    const payload = forge((await encrypted(codec(['a', a]))) as Whole);
    expect(await opened(codec(['a', a]), payload)).toBe('(not encrypted by this program, or changed afterwards)');
  });
});
