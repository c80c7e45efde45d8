import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Call } from './faults/call.js';
import { controlApi } from './faults/control-api.js';
import type { Env, PortalOptions } from './portal/env.js';
import { faultList, Faults, type Fault, type WireFault } from './faults/faults.js';
import type { Keys } from './portal/seed.js';
import { applyFault, reset, type Answer } from './faults/apply-fault.js';
import { Deferred } from './faults/deferred.js';
import { Ledger } from './faults/ledger.js';
import { Limits, type LimitsGiven } from './limits.js';
import { Locks } from './portal/locks.js';
import { Mails } from './portal/mails.js';
import { People } from './portal/people.js';
import { plainRequest } from './plain.js';
import { peopleApi } from './portal/routes.js';
import type { Settings } from './settings.js';

export interface SandboxOptions extends PortalOptions, Partial<Settings> {
  /** 0 for any free one. */
  port: number;
  /** Where the people are kept; without it in memory. */
  data?: string | undefined;
  /** Limits the calls of each person, with the portal's own numbers where none are given. */
  limits?: boolean | LimitsGiven | undefined;
  /** Opens the control route under `/sandbox`; faults that are there from the start may be given. */
  faults?: boolean | readonly Fault[] | undefined;
}

export interface Sandbox {
  url: string;
  keys: Keys;
  close(): Promise<void>;
}

const apiPrefix = '/api/2.0';

/**
 * A portal on this machine, on loopback only.
 *
 * @throws the system's error with code `EADDRINUSE` where the port is taken.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const people = new People(options.data);
  const { language = 'en', keepsNotes = true, latency = 0, roleMoment = 10 } = options;
  const settings: Settings = { language, keepsNotes, latency, roleMoment };
  const limits = new Limits(options.limits === true ? {} : options.limits || undefined);
  const ledger = new Ledger();
  const deferred = new Deferred();
  const mails = new Mails();
  const faults = new Faults((one, other) => people.samePerson(one, other));
  if (typeof options.faults === 'object') faults.set(faultList.parse(options.faults));
  const api = peopleApi({ people, mails, locks: new Locks(), settings, deferred, options });
  const control = options.faults
    ? controlApi({ people, mails, ledger, faults, deferred, limits, settings })
    : undefined;

  const server = createServer((request, response) => {
    void (async () => {
      const answer = await answerTo(request, response);
      if (!answer || response.destroyed) return;
      response.writeHead(answer.status, {
        // Without it the answer goes out in chunks, each a write of its own.
        'content-length': Buffer.byteLength(answer.body),
        ...answer.headers,
        'x-docspace-sandbox': '1',
        'server-timing': 'total;dur=1',
      });
      response.end(answer.body);
    })().catch((error: unknown) => {
      process.stderr.write(`sandbox: ${String(error)}\n`);
      response.destroy();
    });
  });

  async function answerTo(request: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    const body = await textOf(request);
    if (control && url.pathname.startsWith('/sandbox/')) return fetched(control, request, url, body);
    if (!url.pathname.startsWith(apiPrefix)) return { status: 404, headers: {}, body: '' };

    url.pathname = url.pathname.slice(apiPrefix.length);
    const call = new Call({ method: request.method ?? 'GET', url, body }, ledger, faults, deferred, () =>
      reset(response),
    );
    const caller = people.holderOf(request.headers.authorization);
    const admitted = limits.admit(caller?.id ?? request.socket.remoteAddress ?? '', request.method ?? 'GET');
    if (typeof admitted !== 'function') {
      call.record('received');
      call.record('answered', admitted.status);
      return admitted;
    }
    response.once('close', admitted);
    const before = call.takeWireFault('before');
    call.record('received');
    const carryOut = async (): Promise<Answer> => {
      if (settings.latency > 0) await delay(settings.latency / 2);
      const answer = await fetched(api, request, url, body, { call });
      if (answer.status === 200) call.succeeded();
      if (settings.latency > 0) await delay(settings.latency / 2);
      return answer;
    };
    if (before?.kind === 'late') {
      reset(response);
      call.record('lost');
      deferred.run({ calls: before.commitAfter }, async () => void (await carryOut()));
      return undefined;
    }
    const answer = await answerOf(call, before, carryOut, response);
    await call.passed();
    return answer;
  }

  async function answerOf(
    call: Call,
    before: WireFault | undefined,
    carryOut: () => Promise<Answer>,
    response: ServerResponse,
  ): Promise<Answer | undefined> {
    const instead = before
      ? await applyFault(before, { call, answer: undefined, response, simulateOutage }, people, deferred)
      : 'continue';
    let answer = instead === 'continue' ? await carryOut() : instead;
    const after = instead === 'continue' ? call.takeWireFault('after') : undefined;
    if (after && after.kind !== 'late' && answer !== 'lost') {
      const changed = await applyFault(after, { call, answer, response, simulateOutage }, people, deferred);
      if (changed !== 'continue') answer = changed;
    }
    if (answer === 'lost' || call.isReset || response.destroyed) {
      call.record('lost');
      return undefined;
    }
    call.record('answered', answer.status);
    return answer;
  }

  function simulateOutage(milliseconds: number): void {
    const { port } = server.address() as AddressInfo;
    server.close();
    server.closeAllConnections();
    setTimeout(() => server.listen(port, '127.0.0.1'), milliseconds);
  }

  await listening(server, options.port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys: people.keys,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        people.close();
      }),
  };
}

async function fetched(
  app: { fetch(request: Request, env?: object): Response | Promise<Response> },
  { method = 'GET', headers: { authorization = '' } }: IncomingMessage,
  url: URL,
  body: string,
  env?: Env['Bindings'],
): Promise<Answer> {
  const answer = await app.fetch(plainRequest(method, url, { authorization }, body), env);
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
}

function textOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.once('end', () => resolve(text));
    request.once('error', reject);
  });
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}
