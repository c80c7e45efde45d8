import type { Payload } from '@temporalio/common';
import { Hono, type MiddlewareHandler } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { timingSafeEqual } from 'hono/utils/buffer';
import { z } from 'zod';
import type { EncryptingCodec } from './payload-codec.js';

/** The largest answer that a Temporal server sends. */
const maxBodyBytes = 4 * 1024 * 1024;

const bodySchema = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), z.base64()).default({}), data: z.base64().default('') })),
});

interface CodecAppOptions {
  /** Origin of the Web UI. Requests from other origins are refused. */
  ui: string;
  token: string;
}

/**
 * Decrypts payloads for the Web UI, and does nothing else. The token is in the header `Authorization: Bearer …`, or in
 * the path (`/TOKEN/decode`), because the Web UI sends that header only if people sign in to it. The app logs nothing
 * that it reads.
 */
export function codecApp(codec: EncryptingCodec, { ui, token }: CodecAppOptions): Hono {
  const app = new Hono();
  app.use(async ({ req, header }, next) => {
    // Any website can have a host name that resolves to this machine.
    if (!/^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(req.header('host') ?? '')) refuse(421, 'unknown host');
    const origin = req.header('origin');
    if (origin !== undefined && origin !== ui) refuse(403, 'CODEC_SERVER_UI names another origin');
    header('cache-control', 'no-store');
    await next();
  });
  app.use(cors({ origin: ui, allowMethods: ['POST'], allowHeaders: ['content-type', 'x-namespace', 'authorization'] }));
  app.use('/decode', onlyPost, bearerAuth({ token }));
  app.use('/:token/decode', onlyPost, async ({ req }, next) => {
    if (!(await timingSafeEqual(req.param('token') ?? '', token))) refuse(401, 'wrong token');
    await next();
  });
  app.on('POST', ['/decode', '/:token/decode'], bodyLimit({ maxSize: maxBodyBytes }), async ({ req, json }) => {
    const body = bodySchema.safeParse(await req.json().catch(() => undefined));
    return body.success ? json({ payloads: await decodeEach(codec, body.data.payloads) }) : refuse(400, 'invalid body');
  });
  return app;
}

const onlyPost: MiddlewareHandler = async ({ req }, next) => {
  if (req.method !== 'POST') refuse(405, 'only POST');
  await next();
};

function refuse(status: 400 | 401 | 403 | 405 | 421, message: string): never {
  throw new HTTPException(status, { message });
}

type JsonPayload = z.output<typeof bodySchema>['payloads'][number];

/** Decodes each payload on its own, and returns those that it cannot decrypt unchanged. */
function decodeEach(codec: EncryptingCodec, payloads: JsonPayload[]): Promise<JsonPayload[]> {
  return Promise.all(
    payloads.map(async (payload) => {
      const [plain] = await codec.decode([fromJson(payload)]).catch(() => []);
      return plain ? toJson(plain) : payload;
    }),
  );
}

const fromJson = ({ metadata, data }: JsonPayload): Payload => ({
  metadata: mapValues(metadata, (value) => Buffer.from(value, 'base64')),
  data: Buffer.from(data, 'base64'),
});

const toJson = ({ metadata, data }: Payload): JsonPayload => ({
  metadata: mapValues(metadata ?? {}, toBase64),
  data: toBase64(data ?? new Uint8Array()),
});

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function mapValues<From, To>(record: Record<string, From>, convert: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, convert(value)]));
}
