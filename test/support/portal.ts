import { Portal, type PortalOptions } from '../../src/docspace/portal.js';
import type { Fault } from '../../src/sandbox/faults/faults.js';
import type { Language } from '../../src/sandbox/portal/language.js';
import type { LedgerLine } from '../../src/sandbox/faults/ledger.js';
import type { LimitsGiven } from '../../src/sandbox/limits.js';
import type { KeyHolder } from '../../src/sandbox/portal/seed.js';
import { startSandbox, type SandboxOptions } from '../../src/sandbox/server.js';
import type { Summary } from '../../src/sandbox/faults/summary.js';

/** An account as the sandbox's database has it. */
export interface SandboxPerson {
  id: string;
  email: string;
  type: string;
  /** The type's rows. After an unclear write there can be two. */
  groups: string[];
  /** The type that a read shows. */
  shown: string;
  status: number;
  notes: string;
  /** Whether there is a password row. */
  password: boolean;
  /** Activation mails so far. */
  mails: number;
  /** Mails of `POST /people/password` so far. */
  passwordMails: number;
  /** Mails about rooms so far. */
  roomMails: number;
}

/** The sandbox as tests use it: a portal over a real socket, with its control API. */
export class TestPortal {
  private readonly portals: Portal[] = [];
  private since = 0;

  constructor(
    readonly url: string,
    readonly keys: Record<KeyHolder, string>,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(options: Omit<SandboxOptions, 'port'> = {}): Promise<TestPortal> {
    const sandbox = await startSandbox({ port: 0, faults: true, ...options });
    return new TestPortal(sandbox.url, sandbox.keys, () => sandbox.close());
  }

  /** The client under test, with the key of someone at the portal. */
  as(holder: KeyHolder = 'owner', options?: PortalOptions): Portal {
    const portal = new Portal(this.url, this.keys[holder], options);
    this.portals.push(portal);
    return portal;
  }

  /** A call without the client under test. */
  async raw(method: string, path: string, body?: unknown, key = this.keys.owner): Promise<Response> {
    return fetch(`${this.url}/api/2.0${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  async createGroup(groupName: string): Promise<{ id: string; name: string }> {
    const answer = await this.raw('POST', '/group', { groupName });
    return ((await answer.json()) as { response: { id: string; name: string } }).response;
  }

  /** @returns the id of a new room, of a collaboration room if no type is given */
  async createRoom(title: string, roomType = 2, holder: KeyHolder = 'owner'): Promise<string> {
    const answer = await this.raw('POST', '/files/rooms', { title, roomType }, this.keys[holder]);
    return String(((await answer.json()) as { response: { id: number } }).response.id);
  }

  async faults(...faults: Fault[]): Promise<void> {
    this.since = ((await this.control('PUT', '/faults', faults)) as { since: number }).since;
  }

  /** How often each of the faults has fired. */
  async fired(): Promise<number[]> {
    return ((await this.control('GET', '/faults')) as { fired: number }[]).map(({ fired }) => fired);
  }

  /** Sets the language of the portal's messages. */
  async language(language: Language): Promise<void> {
    await this.control('PUT', '/settings', { language });
  }

  async quirks(quirks: { keepsNotes?: boolean; roleMoment?: number }): Promise<void> {
    await this.control('PUT', '/settings', quirks);
  }

  /** Limits each person's calls from now on. */
  async limits(numbers: LimitsGiven): Promise<void> {
    await this.control('PUT', '/limits', numbers);
  }

  /** Milliseconds that each call takes. */
  async latency(latency: number): Promise<void> {
    await this.control('PUT', '/settings', { latency });
  }

  async summary(): Promise<Summary> {
    return (await this.control('GET', '/summary')) as Summary;
  }

  /** Every account of the portal. */
  async people(): Promise<SandboxPerson[]> {
    return (await this.control('GET', '/people')) as SandboxPerson[];
  }

  /** Runs everything that a fault holds. */
  async release(): Promise<void> {
    await this.control('POST', '/release');
  }

  /** Resolves once `count` calls of a route have reached a phase since the faults were set. */
  async reached(route: string, phase: LedgerLine['phase'], count = 1): Promise<void> {
    const query = { route, phase, count: String(count), since: String(this.since) };
    await this.control('GET', `/reached?${new URLSearchParams(query).toString()}`);
  }

  /** Resolves once the portal has received `count` more calls. */
  async receives(count: number): Promise<void> {
    const since = String((await this.ledger()).length);
    await this.control('GET', `/reached?${new URLSearchParams({ count: String(count), since }).toString()}`);
  }

  /** What happened, or the lines of it that match. */
  async ledger(asked: Record<string, string> = {}): Promise<LedgerLine[]> {
    return (await this.control('GET', `/ledger?${new URLSearchParams(asked).toString()}`)) as LedgerLine[];
  }

  /** The routes that were called, in order. */
  async calls(phase: LedgerLine['phase'] = 'received'): Promise<string[]> {
    return (await this.ledger()).filter((line) => line.phase === phase).map(({ route }) => route);
  }

  /** Every account of the portal with an e-mail. */
  async withEmail(email: string): Promise<SandboxPerson[]> {
    return (await this.people()).filter((person) => person.email === email);
  }

  async close(): Promise<void> {
    for (const portal of this.portals) portal.close();
    await this.end();
  }

  private async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.url}/sandbox${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`sandbox ${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
