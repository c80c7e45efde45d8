import type { Payload } from '@temporalio/common';
import { timingSafeEqual, createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { EncryptingCodec } from './payload-codec.js';
import type { CodecServerSettings } from './server-settings.js';

/** Bytes: the most that a Temporal server answers at once. */
const bodyLimit = 4 * 1024 * 1024;

const bodySchema = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), z.base64()).default({}), data: z.base64().default('') })),
});

/** Why a request gets no answer: the status, and a sentence for whoever looks into the browser's console. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What the Web UI asks to show what is encrypted. It only decrypts, listens on this machine, answers pages of one UI, and asks
 * for a token: in the header `Authorization: Bearer …`, or in the path, as in `/TOKEN/decode`, for the Web UI sends no header
 * of its own where nobody signs in to it. Nothing of what it reads is logged.
 */
export function codecServer(codec: EncryptingCodec, settings: CodecServerSettings): Server {
  return createServer((request, response) => {
    answer(codec, settings, request)
      .catch((error: unknown) => {
        if (error instanceof Refusal) return { status: error.status, body: { message: error.message } };
        return { status: 500, body: { message: 'this is a bug in docspace-onboarding' } };
      })
      .then(({ status, body }) => send(response, settings.ui, status, body))
      .catch(() => response.destroy());
  });
}

interface Answer {
  status: number;
  body?: unknown;
}

async function answer(
  codec: EncryptingCodec,
  settings: CodecServerSettings,
  request: IncomingMessage,
): Promise<Answer> {
  const { method, url = '', headers } = request;
  // A page of any site can have a name that leads here: only what was meant for this machine is answered.
  if (!/^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(headers.host ?? '')) throw new Refusal(421, 'another host');
  if (headers.origin !== undefined && headers.origin !== settings.ui) {
    throw new Refusal(403, 'this origin is not the one in CODEC_SERVER_UI');
  }
  // The Web UI adds a query, which concerns payloads that are kept elsewhere.
  const [, inPath, path] = /^\/(?:([\w-]+)\/)?(\w+)(?:\?.*)?$/.exec(url) ?? [];
  if (path !== 'decode') throw new Refusal(404, 'there is only /decode');
  if (method === 'OPTIONS') return { status: 204 };
  if (method !== 'POST') throw new Refusal(405, 'only POST');
  const token = inPath ?? /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  if (!isSame(token, settings.token)) throw new Refusal(401, 'the token is missing or wrong');
  const payloads = await decoded(codec, readBody(await textOf(request)));
  return { status: 200, body: { payloads } };
}

/** Each by itself: one that cannot be decrypted stays as it is, and hides none of the others. */
function decoded(codec: EncryptingCodec, payloads: Payload[]): Promise<unknown[]> {
  return Promise.all(
    payloads.map(async (payload) => {
      const [plain = payload] = await codec.decode([payload]).catch(() => [payload]);
      return { metadata: mapped(plain.metadata ?? {}, toBase64), data: toBase64(plain.data ?? new Uint8Array()) };
    }),
  );
}

function readBody(text: string): Payload[] {
  const parsed = bodySchema.safeParse(jsonIn(text));
  if (!parsed.success) throw new Refusal(400, 'the body is not {"payloads": […]}');
  return parsed.data.payloads.map(({ metadata, data }) => ({
    metadata: mapped(metadata, (value) => Buffer.from(value, 'base64')),
    data: Buffer.from(data, 'base64'),
  }));
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new Refusal(413, 'more than 4 MB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, ui: string, status: number, body: unknown): void {
  response.writeHead(status, {
    'access-control-allow-origin': ui,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'content-type,x-namespace,authorization',
    'cache-control': 'no-store',
    vary: 'origin',
    // What was refused may not have been read to its end.
    ...(status >= 400 && { connection: 'close' }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** By hashes, which are of one length: how long it takes tells nothing. */
function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(hashOf(given), hashOf(wanted));
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function mapped<From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
