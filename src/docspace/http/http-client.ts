import { got, type Got, type Method } from 'got';
import { createAgents, destroyAgents } from './agents.js';
import { parseResponse, type PortalResponse } from './envelope.js';
import { Exchange } from './exchange.js';
import { PortalError } from '../errors.js';
import type { Limits } from '../rate-limit/limits.js';
import { RequestQueue } from '../rate-limit/request-queue.js';
import { Throttle } from '../rate-limit/throttle.js';

/** Guards for a call that changes the portal. */
export interface WriteBounds {
  signal?: AbortSignal | undefined;
  /** Cancels the call while it waits in the queue, but not once it is sent. */
  unsent?: AbortSignal | undefined;
  /** Called when the call leaves the queue, before it connects. */
  beforeSend?: (() => Promise<void>) | undefined;
  /** Called when the connection is up, just before the request is sent. If it throws, nothing is sent. */
  mayWrite?: (() => void) | undefined;
}

export interface Call extends WriteBounds {
  method: Method;
  /** Path under the API with placeholders, as errors show it: `/people/{id}`. */
  route: string;
  /** The path to call, if the route has placeholders. */
  path?: string;
  query?: Record<string, string>;
  body?: unknown;
  /** `X-RateLimit-Limit` of a limiter for this route alone. Its 429 does not slow other calls. */
  ownRateLimit?: number;
}

interface HttpOptions {
  /** Limit for a whole call, except its wait in the queue. */
  timeoutMs: number;
  limits: Limits;
  /** Address of an HTTP proxy for a portal over HTTPS. */
  proxy?: string | undefined;
}

/** The HTTP side of a portal: no redirects, no more calls than allowed. Temporal retries the writes. */
export class PortalHttp {
  /** The portal's time when `performance.now()` was 0, from its last `Date`. */
  private portalTimeOrigin: number | undefined;
  private readonly keptAlive;
  /** A write takes a new connection: the peer may close a kept-alive one just then, which makes the write unclear. */
  private readonly fresh;
  private readonly client: Got;
  private readonly queue: RequestQueue;
  /** The proxy in use, without credentials. */
  readonly proxy: string | undefined;

  constructor(
    private readonly origin: string,
    key: string,
    private readonly options: HttpOptions,
  ) {
    // A portal over plain HTTP is always on this machine, so it needs no proxy.
    this.proxy = options.proxy !== undefined && origin.startsWith('https:') ? new URL(options.proxy).origin : undefined;
    this.keptAlive = createAgents(true, options.proxy);
    this.fresh = createAgents(false, options.proxy);
    this.queue = new RequestQueue(new Throttle(options.limits));
    this.client = got.extend({
      headers: {
        authorization: `Bearer ${key}`,
        accept: 'application/json',
        // A compressed response could be a thousand times its size, so none is accepted or unpacked.
        'accept-encoding': 'identity',
        // A proxy must not answer a read-back from its cache.
        'cache-control': 'no-cache',
        'user-agent': 'docspace-onboarding',
      },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
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

  /** @throws {PortalError} for everything but a 200 in the portal's envelope, or what `mayWrite` throws */
  async call(call: Call): Promise<PortalResponse> {
    const { method, route, signal, unsent } = call;
    const kind = method === 'GET' ? 'read' : 'write';
    const signals = [signal, unsent].filter((each) => each !== undefined);
    const permit = await this.queue.acquire(kind, `${method} ${route}`, signals);
    try {
      await call.beforeSend?.();
      const response = await this.send(call);
      this.queue.release(permit);
      return response;
    } catch (error) {
      const facts = error instanceof PortalError ? error.facts : undefined;
      const isOwnLimit =
        facts?.status === 429 && facts.rateLimit !== undefined && facts.rateLimit === call.ownRateLimit;
      const waitMs = this.queue.release(permit, isOwnLimit ? undefined : facts);
      if (!facts || waitMs === undefined) throw error;
      const slowdown = this.slowdown();
      throw new PortalError({ ...facts, waitMs, ...(slowdown !== undefined && { slowdown }) });
    }
  }

  /** The portal's clock, in milliseconds; `undefined` before its first answer. */
  portalTime(): number | undefined {
    return this.portalTimeOrigin === undefined ? undefined : this.portalTimeOrigin + performance.now();
  }

  slowdown(): string | undefined {
    return this.queue.slowdown();
  }

  close(): void {
    destroyAgents(this.keptAlive);
    destroyAgents(this.fresh);
  }

  private async send(call: Call): Promise<PortalResponse> {
    if (call.method !== 'GET') return this.exchange(call, this.newExchange(call), this.fresh);
    const deadline = performance.now() + this.options.timeoutMs;
    const first = this.newExchange(call);
    try {
      return await this.exchange(call, first, this.keptAlive);
    } catch (error) {
      if (!first.isStaleConnection(error)) throw error;
      return this.exchange(call, this.newExchange(call, deadline - performance.now()), this.fresh);
    }
  }

  private newExchange({ method, route, signal, mayWrite }: Call, timeoutMs = this.options.timeoutMs): Exchange {
    return new Exchange({ route: `${method} ${route}`, timeoutMs, signal, mayWrite, proxy: this.proxy });
  }

  private async exchange(call: Call, exchange: Exchange, agent: ReturnType<typeof createAgents>) {
    const { method, route, path = route, query, body } = call;
    const response = await exchange.run(this.client, new URL(`/api/2.0${path}`, this.origin), {
      method,
      agent,
      ...(query && { searchParams: query }),
      ...(body !== undefined && { json: body }),
    });
    const date = Date.parse(response.headers.date ?? '');
    if (Number.isFinite(date)) this.portalTimeOrigin = date - performance.now();
    return parseResponse(`${method} ${route}`, response.statusCode, response.headers, response.body);
  }
}
