import { Agent as HttpAgent, type ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { TLSSocket } from 'node:tls';
import { got, RequestError, TimeoutError, type Got, type Method } from 'got';
import { parseResponse, type PortalResponse } from './envelope.js';
import { PortalError } from '../errors.js';
import type { Limits } from '../rate-limit/limits.js';
import { Throttle } from '../rate-limit/throttle.js';
import { RequestQueue } from '../rate-limit/request-queue.js';

const connectTimeout = 10_000;

/**
 * An idle connection is closed after so many milliseconds, before the portal closes it (after 5 s at the earliest): a call
 * that meets that is lost, and a lost create costs the whole settle window.
 */
const keptAlive = { keepAlive: true, timeout: 4_000 };

/** A portal answers in kilobytes; more is a mistake or an attack, in bytes. */
const answerLimit = 1024 * 1024;

/** Codes of a connection that never came up: nothing was sent. */
const connectCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EPROTO']);

/** What bounds a call that changes the portal. */
export interface WriteBounds {
  signal?: AbortSignal | undefined;
  /** Gives the call up as long as it waits for its turn, and not once it was sent. */
  unsent?: AbortSignal | undefined;
  /** Asked when the connection is up and the next thing is to send: what it throws keeps the call here. */
  mayWrite?: (() => void) | undefined;
}

export interface Call extends WriteBounds {
  method: Method;
  /** Path under the API, with ids in place. */
  path: string;
  /** The same path with `{id}`, for errors. */
  route: string;
  query?: Record<string, string>;
  body?: unknown;
  /** `X-RateLimit-Limit` of a limiter that this route has for itself: its 429 slows no other call. */
  ownRateLimit?: number;
}

interface HttpOptions {
  /** Of a request that was sent, in milliseconds. */
  timeout: number;
  limits: Limits;
}

/**
 * The HTTP side of a portal: one keep-alive agent, no retries (Temporal is the one that retries), no redirects, and no more
 * calls than the portal allows.
 */
export class PortalHttp {
  private readonly agents = { http: new HttpAgent(keptAlive), https: new HttpsAgent(keptAlive) };
  private readonly client: Got;
  private readonly turns: RequestQueue;
  /** How far the portal's clock is ahead of this machine's, in milliseconds, by its last `Date`. */
  clockOffset = 0;

  constructor(
    readonly origin: string,
    key: string,
    { timeout, limits }: HttpOptions,
  ) {
    this.turns = new RequestQueue(new Throttle(limits));
    this.client = got.extend({
      agent: this.agents,
      headers: { authorization: `Bearer ${key}`, accept: 'application/json', 'user-agent': 'docspace-onboarding' },
      timeout: {
        request: timeout,
        lookup: connectTimeout,
        connect: connectTimeout,
        secureConnect: connectTimeout,
      },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      // A compressed answer could be a thousand times its size: none is asked for, and none is unpacked.
      decompress: false,
      hooks: {
        beforeRequest: [
          ({ url }) => {
            if (!(url instanceof URL) || url.origin !== origin) throw new Error('a call would leave the portal');
          },
        ],
      },
    });
  }

  /** @throws {PortalError} for everything but a 200 with the portal's envelope, or what `mayWrite` throws */
  async call(call: Call): Promise<PortalResponse> {
    const { method, route, signal, unsent } = call;
    const kind = method === 'GET' ? 'read' : 'write';
    const signals = [signal, unsent].filter((each) => each !== undefined);
    const sent = await this.turns.acquire(kind, `${method} ${route}`, signals);
    try {
      const answer = await this.send(call);
      this.turns.release(sent);
      return answer;
    } catch (error) {
      const facts = error instanceof PortalError ? error.facts : undefined;
      const isOwnLimit =
        facts?.status === 429 && facts.rateLimit !== undefined && facts.rateLimit === call.ownRateLimit;
      const wait = this.turns.release(sent, isOwnLimit ? undefined : facts);
      throw facts && wait !== undefined ? new PortalError({ ...facts, waitMs: wait }) : error;
    }
  }

  close(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }

  private async send({ method, path, route, query, body, signal, mayWrite }: Call): Promise<PortalResponse> {
    const oversized = new AbortController();
    let refusal: { why: unknown } | undefined;
    const named = `${method} ${route}`;
    try {
      const request = this.client(new URL(`/api/2.0${path}`, this.origin), {
        method,
        ...(query && { searchParams: query }),
        ...(body !== undefined && { json: body }),
        signal: signal ? AbortSignal.any([signal, oversized.signal]) : oversized.signal,
      });
      void request.on('downloadProgress', ({ transferred }) => {
        if (transferred > answerLimit) oversized.abort();
      });
      void request.on('request', (sending) =>
        onceConnected(sending, () => {
          try {
            mayWrite?.();
          } catch (why) {
            refusal = { why };
            sending.destroy();
          }
        }),
      );
      const { statusCode, headers, body: text } = await request;
      const sent = Date.parse(headers.date ?? '');
      if (Number.isFinite(sent)) this.clockOffset = sent - Date.now();
      return parseResponse(named, statusCode, headers, text);
    } catch (error) {
      if (refusal) throw refusal.why;
      if (error instanceof PortalError) throw error;
      if (oversized.signal.aborted) throw new PortalError({ kind: 'unreadable', route: named, code: 'too large' });
      throw translate(error, named);
    }
  }
}

/** Node sends what it has gathered right after these events. */
function onceConnected(sending: ClientRequest, then: () => void): void {
  sending.once('socket', (socket) => {
    if (!socket.connecting) then();
    else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', then);
  });
}

function translate(error: unknown, route: string): PortalError {
  if (!(error instanceof RequestError)) throw error;
  const { code } = error;
  if (code === 'ERR_ABORTED') return new PortalError({ kind: 'aborted', route });
  const sent = error.timings?.upload !== undefined;
  const connecting = error instanceof TimeoutError && ['lookup', 'connect', 'secureConnect'].includes(error.event);
  const neverConnected = connecting || connectCodes.has(code) || /CERT|TLS|SSL/.test(code);
  return new PortalError({ kind: neverConnected && !sent ? 'not-sent' : 'unanswered', route, code });
}
