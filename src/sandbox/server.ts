import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { control } from './control.js';
import { Faults, type Answer } from './faults.js';
import { Ledger } from './ledger.js';
import { People, type Keys } from './people.js';
import { peopleApi, type PortalOptions } from './routes.js';

export interface SandboxOptions extends PortalOptions {
  /** 0 for any free one. */
  port: number;
  /** Where the people are kept; without it in memory. */
  data?: string | undefined;
  /** Opens the control route under `/sandbox`. */
  faults?: boolean | undefined;
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
  const api = peopleApi(people, options);
  const ledger = new Ledger();
  const faults = new Faults();
  const controlApi = options.faults ? control(people, ledger, faults) : undefined;

  const server = createServer((request, response) => {
    void (async () => {
      const answer = await answerTo(request, response);
      if (!answer || response.destroyed) return;
      response.writeHead(answer.status, {
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
    if (controlApi && url.pathname.startsWith('/sandbox/')) return fetched(controlApi, request, url, body);
    if (!url.pathname.startsWith(apiPrefix)) return { status: 404, headers: {}, body: '' };

    url.pathname = url.pathname.slice(apiPrefix.length);
    const { route, about } = describe(request.method ?? 'GET', url, body);
    ledger.record({ phase: 'received', route, about });
    const before = faults.take(route, 'before');
    if (before) {
      const instead = await faults.inflict(before, undefined, response);
      if (instead !== 'go on') return instead;
    }
    let answer: Answer = await fetched(api, request, url, body);
    if (answer.status === 200) ledger.record({ phase: 'committed', route, about, status: 200 });
    const after = faults.take(route, 'after');
    if (after) {
      const instead = await faults.inflict(after, answer, response);
      if (instead === undefined) return undefined;
      if (instead !== 'go on') answer = instead;
    }
    ledger.record({ phase: 'answered', route, about, status: answer.status });
    return answer;
  }

  await listening(server, options.port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys: people.keys,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function fetched(
  app: { fetch(request: Request): Response | Promise<Response> },
  { method = 'GET', headers }: IncomingMessage,
  url: URL,
  body: string,
): Promise<Answer> {
  const answer = await app.fetch(
    new Request(url, {
      method,
      headers: { authorization: headers.authorization ?? '' },
      ...(method !== 'GET' && method !== 'HEAD' && { body }),
    }),
  );
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
}

/** The path template of a call, and whom it is about. */
function describe(method: string, url: URL, body: string): { route: string; about: string } {
  const [, place, word, third] = url.pathname.split('/');
  const fixed = ['email', 'active', '@self', 'type', 'status'];
  const path = [place, word === undefined ? undefined : fixed.includes(word) ? word : '{id}', third && '{type}'];
  const inBody = /"(?:email|userIds)"\s*:\s*\[?\s*"([^"]*)"/i.exec(body)?.[1];
  return {
    route: `${method} /${path.filter((part) => part !== undefined).join('/')}`,
    about: url.searchParams.get('email') ?? inBody ?? word ?? '',
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}
