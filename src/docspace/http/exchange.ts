import { setMaxListeners } from 'node:events';
import type { ClientRequest } from 'node:http';
import { TLSSocket } from 'node:tls';
import { RequestError, type Got, type OptionsInit, type Response } from 'got';
import { PortalError, type PortalErrorKind } from '../errors.js';

const connectTimeoutMs = 10_000;

/** A portal answers in kilobytes. More is a mistake or an attack. */
const maxResponseBytes = 1024 * 1024;

/** Error codes of a connection that the peer closed. */
const closedCodes = new Set(['ECONNRESET', 'EPIPE']);

interface ExchangeOptions {
  /** Method and path template, for errors. */
  route: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Called when the connection is up, just before the request is sent. If it throws, nothing is sent. */
  mayWrite?: (() => void) | undefined;
  /** The proxy in use, without credentials. */
  proxy?: string | undefined;
}

/**
 * One request and its response. One deadline covers both, whatever the peer sends. got's own timeouts end with the
 * socket, which Node destroys without an error after `101 Switching Protocols`.
 */
export class Exchange {
  private readonly stop = new AbortController();
  /** While this is false, nothing can have been sent. */
  private isConnected = false;
  private isReused = false;
  private hasResponse = false;

  constructor(private readonly options: ExchangeOptions) {}

  /** @throws {PortalError} or what `mayWrite` throws */
  async run(client: Got, url: URL, init: OptionsInit): Promise<Response<string>> {
    const { signal } = this.options;
    // Not `AbortSignal.any`: Node never frees a combined signal that has a listener, nor this exchange with it.
    const abort = (): void => this.fail('aborted');
    if (signal?.aborted) abort();
    if (signal) setMaxListeners(0, signal); // a group of look-ups shares one signal
    signal?.addEventListener('abort', abort);
    const timeouts = [
      setTimeout(() => this.fail(this.isConnected ? 'unanswered' : 'not-sent', 'ETIMEDOUT'), this.options.timeoutMs),
      setTimeout(() => this.isConnected || this.fail('not-sent', 'ETIMEDOUT'), connectTimeoutMs),
    ];
    try {
      const request = client(url, { ...init, signal: this.stop.signal, isStream: false, resolveBodyOnly: false });
      void request.on('request', (sending) => this.onceConnected(sending));
      void request.on('downloadProgress', ({ transferred }) => {
        if (transferred > maxResponseBytes) this.fail('unreadable', 'too large');
      });
      return await Promise.race([request as Promise<Response<string>>, this.whenStopped()]);
    } catch (error) {
      throw this.toError(error);
    } finally {
      for (const timeout of timeouts) clearTimeout(timeout);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Whether the peer had closed a kept-alive connection. A repeatable request is then sent again (RFC 9110 §9.2.2). */
  isStaleConnection(error: unknown): boolean {
    const code = error instanceof PortalError ? error.facts.code : undefined;
    return this.isReused && !this.hasResponse && closedCodes.has(code ?? '');
  }

  private fail(kind: PortalErrorKind, code?: string): void {
    this.stop.abort(this.errorOf(kind, code));
  }

  private whenStopped(): Promise<never> {
    return new Promise((_, reject) => {
      const { signal } = this.stop;
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  /** Right after these events, Node sends what it has buffered. */
  private onceConnected(sending: ClientRequest): void {
    const connected = (): void => {
      try {
        this.options.mayWrite?.();
        this.isConnected = true;
      } catch (error) {
        sending.destroy();
        this.stop.abort(error);
      }
    };
    sending.once('response', () => (this.hasResponse = true));
    sending.once('socket', (socket) => {
      this.isReused = sending.reusedSocket;
      if (this.isReused) connected();
      else if (socket instanceof TLSSocket) socket.once('secureConnect', connected);
      else if (socket.connecting) socket.once('connect', connected);
      else connected();
    });
  }

  private toError(error: unknown): unknown {
    if (this.stop.signal.aborted) return this.stop.signal.reason;
    if (!(error instanceof RequestError)) return error;
    // hpagent reports the status of the proxy only in its message.
    const [, proxyStatus] = /^Bad response: (\d+)$/.exec(error.message) ?? [];
    const code = proxyStatus === undefined ? error.code : `the proxy answered ${proxyStatus}`;
    return this.errorOf(this.isConnected ? 'unanswered' : 'not-sent', code);
  }

  private errorOf(kind: PortalErrorKind, code?: string): PortalError {
    const { route, proxy } = this.options;
    return new PortalError({ kind, route, ...(code !== undefined && { code }), ...(proxy !== undefined && { proxy }) });
  }
}
