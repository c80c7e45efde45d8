import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { createCipheriv, createDecipheriv, createHmac, randomBytes, type KeyObject } from 'node:crypto';
import type { CodecSettings } from '../program/settings/codec-keys.js';

const { Payload: PayloadBytes } = proto.temporal.api.common.v1;

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** The names from Temporal's own samples, so its tools recognise them. */
const encoding = 'binary/encrypted';
const keyIdName = 'encryption-key-id';
const keyProofName = 'encryption-key-proof';

/** Replaces a payload that nobody can ever decrypt. It is refused like any other invalid text. */
const unreadable = '(not encrypted by this program, or changed afterwards)';

/** A key of ours is not set here. A worker fails the workflow task, which Temporal retries until the key is back. */
export class MissingKey extends Error {
  override readonly name = 'MissingKey';

  constructor(id: string, isOn: boolean) {
    const fact = `a payload was encrypted with the key "${id}"`;
    super(isOn ? `${fact}, which CODEC_KEYS lacks: add it after the first key` : `${fact}, but CODEC_KEYS is not set`);
  }
}

/**
 * Encrypts payloads with AES-256-GCM and a random IV, and decrypts with every known key. A payload that is not encrypted
 * is accepted unchanged, because the Web UI and the Temporal CLI send such signals.
 */
export class EncryptingCodec implements PayloadCodec {
  private readonly metadata: Payload['metadata'];
  private readonly first: KeyObject | undefined;

  constructor(private readonly settings: CodecSettings | undefined) {
    const [entry] = settings?.keys ?? [];
    if (!entry) return;
    const [id, key] = entry;
    this.first = key;
    this.metadata = {
      encoding: Buffer.from(encoding),
      [keyIdName]: Buffer.from(id),
      [keyProofName]: this.proofOf(id),
    };
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const { first, metadata } = this;
    if (!first || !metadata) return payloads;
    return payloads.map((payload) => ({
      metadata: { ...metadata },
      data: encrypt(first, PayloadBytes.encode(payload).finish()),
    }));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.open(payload));
  }

  private open(payload: Payload): Payload {
    if (textIn(payload, 'encoding') !== encoding) return payload;
    const id = textIn(payload, keyIdName);
    const key = this.settings?.keys.get(id);
    const opened = key && decrypt(key, payload.data ?? new Uint8Array());
    if (opened) return opened;
    if (!key && this.isOurs(payload, id)) throw new MissingKey(id, this.settings !== undefined);
    return this.settings ? textPayload(unreadable) : payload;
  }

  /** Only somebody with the ID key can compute the proof, so a made-up key id cannot block a run for ever. */
  private isOurs({ metadata }: Payload, id: string): boolean {
    const proof = metadata?.[keyProofName];
    if (!proof) return false;
    return this.settings === undefined || this.proofOf(id).equals(proof);
  }

  private proofOf(id: string): Buffer {
    if (!this.settings) return Buffer.alloc(0);
    return createHmac('sha256', this.settings.idKey).update(`codec key ${id}`).digest().subarray(0, 16);
  }
}

function encrypt(key: KeyObject, plain: Uint8Array): Uint8Array {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes });
  const encrypted = [cipher.update(plain), cipher.final()];
  return Buffer.concat([iv, ...encrypted, cipher.getAuthTag()]);
}

function decrypt(key: KeyObject, data: Uint8Array): Payload | undefined {
  try {
    const decipher = createDecipheriv(algorithm, key, data.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAuthTag(data.subarray(-tagBytes));
    const plain = Buffer.concat([decipher.update(data.subarray(ivBytes, -tagBytes)), decipher.final()]);
    return PayloadBytes.decode(plain);
  } catch {
    return undefined;
  }
}

function textPayload(text: string): Payload {
  return { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(text)) };
}

function textIn({ metadata }: Payload, name: string): string {
  const value = metadata?.[name];
  return value ? Buffer.from(value).toString() : '';
}
