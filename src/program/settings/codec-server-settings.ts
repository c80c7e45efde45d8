import { z } from 'zod';
import { check, codecChecks, codecShape, generateToken, parsed, toCodec, type CodecVariables } from './fields.js';
import { secret } from './secrets.js';

/** The default Web UI of the Temporal CLI and of docker-compose.yml. */
const defaultUi = 'http://localhost:8233';
const defaultCodecServerPort = 8234;

export const codecServerVariables = z.object({
  ...codecShape,
  CODEC_SERVER_PORT: parsed((value, fail) => {
    if (!/^\d+$/.test(value) || Number(value) > 65_535) fail(`is not a port: ${value}`);
    return Number(value);
  }),
  CODEC_SERVER_UI: parsed((value, fail) => {
    if (!URL.canParse(value) || new URL(value).origin !== value) {
      fail(`is not an origin such as ${defaultUi}, without a path: ${value}`);
    }
    return value;
  }),
  CODEC_SERVER_TOKEN: secret
    .pipe(z.string().regex(/^[\w-]{32,}$/, `needs 32 or more letters and digits; ${generateToken}`))
    .optional(),
});

/** The settings of the codec server. */
export const codecServerSettings = codecServerVariables
  .check(
    ...codecChecks,
    check<CodecVariables>(
      ({ CODEC_KEYS, ID_KEY }) => CODEC_KEYS !== undefined || ID_KEY !== undefined,
      'CODEC_KEYS is not set: there is nothing to decrypt',
    ),
    check<{ CODEC_SERVER_TOKEN?: unknown }>(
      ({ CODEC_SERVER_TOKEN }) => CODEC_SERVER_TOKEN !== undefined,
      `CODEC_SERVER_TOKEN is not set: ${generateToken}`,
    ),
  )
  .transform((variables) => ({
    codec: toCodec(variables),
    port: variables.CODEC_SERVER_PORT ?? defaultCodecServerPort,
    /** Origin of the Web UI. Requests from other pages are refused. */
    ui: variables.CODEC_SERVER_UI ?? defaultUi,
    token: variables.CODEC_SERVER_TOKEN ?? '',
  }));
