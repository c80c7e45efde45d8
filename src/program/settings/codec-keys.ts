import { createSecretKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/** How payloads are encrypted, and how ids are derived from e-mails. Key objects are never printed, unlike bytes. */
export interface CodecSettings {
  /** The first key encrypts; each key decrypts. */
  keys: ReadonlyMap<string, KeyObject>;
  /** Never rotated, because with another key nobody would be found again. */
  idKey: KeyObject;
}

/** AES-256. */
const keyBytes = 32;

export const generateKey = 'generate one with: openssl rand -base64 32';

type Fail = (message: string) => void;

/** `ID:KEY`, comma-separated. */
export const codecKeys = z.string().transform((text, ctx): CodecSettings['keys'] => {
  const keys = new Map<string, KeyObject>();
  const fail: Fail = (message) => ctx.addIssue({ code: 'custom', message });
  for (const [index, entry] of text.split(',').entries()) {
    const [, id, base64 = ''] = /^\s*([\w.-]{1,64}):(.*)$/s.exec(entry) ?? [];
    if (id === undefined) {
      fail(`entry ${index + 1} is not ID:KEY; an ID consists of letters, digits, dots and dashes`);
    } else if (keys.has(id)) {
      fail(`contains the id "${id}" twice: give each key its own id`);
    } else {
      const key = parseKey(base64, `key "${id}" `, fail);
      if (key) keys.set(id, key);
    }
  }
  return keys;
});

export const idKey = z
  .string()
  .transform(
    (text, ctx): KeyObject => parseKey(text, '', (message) => ctx.addIssue({ code: 'custom', message })) ?? z.NEVER,
  );

/** The messages never contain the key. */
function parseKey(text: string, prefix: string, fail: Fail): KeyObject | undefined {
  const base64 = text.trim();
  if (!/^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(base64)) {
    fail(`${prefix}is not base64; ${generateKey}`);
    return undefined;
  }
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === keyBytes) return createSecretKey(bytes);
  fail(`${prefix}has ${bytes.length} bytes instead of ${keyBytes}; ${generateKey}`);
  return undefined;
}
