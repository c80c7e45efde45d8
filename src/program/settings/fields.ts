import { z } from 'zod';
import { isLoopback } from '../../utils/loopback.js';
import { codecKeys, generateKey, idKey, type CodecSettings } from './codec-keys.js';
import { secret } from './secrets.js';

/** The kinds of settings. Reading adds the name to each message, unless a condition concerns several settings. */

export interface ListenAddress {
  host: string;
  port: number;
}

/** A condition on several settings. It is checked even if one is wrong, so all problems are reported at once. */
export function check<Variables>(holds: (variables: Variables) => boolean, message: string) {
  return z.refine<Variables>(holds, { message, when: () => true });
}

/** An empty value is the same as none. */
export const text = z
  .string()
  .transform((value) => value.trim() || undefined)
  .optional();

export function parsed<Value>(parse: (value: string, fail: (message: string) => void) => Value) {
  return text.transform((value, ctx): Value | undefined =>
    value === undefined ? undefined : parse(value, (message) => ctx.addIssue({ code: 'custom', message })),
  );
}

/** An IPv6 address, or labels of at most 63 characters. */
const isHostname = (name: string): boolean =>
  name.length <= 253 && /^(?:\[.+\]|[\w-]{1,63}(?:\.[\w-]{1,63})*\.?)$/.test(name);

export const portalOrigin = z
  .string()
  .trim()
  .transform((value, ctx): string => {
    const fail = (message: string): never => {
      ctx.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    if (value === '') return fail('is empty: set it to the address of the portal, or remove it to use the sandbox');
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (!url || !['http:', 'https:'].includes(url.protocol) || !isHostname(url.hostname)) {
      return fail(`is not an address such as https://portal.example.com: ${value}`);
    }
    if (url.username !== '' || url.password !== '') return fail('contains a user name: remove it');
    if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
      return fail(`contains more than an address: write ${url.origin}`);
    }
    if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
      return fail(`is not encrypted, so others could read the API key on the way: write https://${url.host}`);
    }
    return url.origin;
  })
  .optional();

export const apiKey = secret
  .pipe(
    z
      .string()
      .min(1, 'is empty: create a key in the portal under Developer Tools')
      .regex(/^(?!["'`“”‘’]|.*["'`“”‘’]$)/, { error: 'has quotes around it: remove them', abort: true })
      .regex(/^[\x21-\x7e]*$/, 'contains a character that no key has: copy it again'),
  )
  .optional();

export const generateToken = 'generate one with: openssl rand -hex 32';

export const proxyAddress = parsed((value) => (value.includes('://') ? value : `http://${value}`));

export const callLimit = (example: number) =>
  parsed((value, fail) => {
    if (!/^\d+$/.test(value)) fail(`is not a whole number such as ${example}, or 0 for no limit: ${value}`);
    return Number(value);
  });

export const listenAddress = parsed((value, fail): ListenAddress => {
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(value) ?? [];
  if (host === '' || Number(port) > 65_535) fail(`is not an address such as 127.0.0.1:8081: ${value}`);
  return { host, port: Number(port) };
});

export const codecShape = { CODEC_KEYS: secret.pipe(codecKeys).optional(), ID_KEY: secret.pipe(idKey).optional() };

export interface CodecVariables {
  CODEC_KEYS?: CodecSettings['keys'] | undefined;
  ID_KEY?: CodecSettings['idKey'] | undefined;
}

export const codecChecks = [
  check<CodecVariables>(
    ({ CODEC_KEYS, ID_KEY }) => !CODEC_KEYS || ID_KEY !== undefined,
    `ID_KEY is not set: with CODEC_KEYS, it derives ids from e-mails; ${generateKey}`,
  ),
  check<CodecVariables>(
    ({ CODEC_KEYS, ID_KEY }) => !ID_KEY || CODEC_KEYS !== undefined,
    'ID_KEY is set and CODEC_KEYS is not: set both, or neither',
  ),
];

export const toCodec = ({ CODEC_KEYS: keys, ID_KEY: id }: CodecVariables): CodecSettings | undefined =>
  keys && id && { keys, idKey: id };
