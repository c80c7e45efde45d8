import type { Deferred } from './deferred.js';
import type { Does, Faults, PortalFault, Statement } from './faults.js';
import type { Ledger, LedgerLine } from './ledger.js';

/** The statement got no answer from the database. */
export class DatabaseError extends Error {}

/** A call that the portal works on: its lines in the ledger, and the faults that it meets. */
export class Call {
  private readonly fired: string[] = [];
  private readonly subject: { route: string; about: string };
  private hasCommitted = false;
  private isIgnored = false;
  private commitsLater = false;
  isReset = false;

  constructor(
    request: { method: string; url: URL; body: string },
    private readonly ledger: Ledger,
    private readonly faults: Faults,
    private readonly deferred: Deferred,
    private readonly resetConnection: () => void,
  ) {
    this.subject = describe(request);
  }

  get route(): string {
    return this.subject.route;
  }

  record(phase: LedgerLine['phase'], status?: number): void {
    this.ledger.record({
      phase,
      ...this.subject,
      ...(status !== undefined && { status }),
      ...(this.fired.length > 0 && { fault: this.fired.join('+') }),
    });
  }

  /** The fault on the wire that is due before or after the call. */
  takeWireFault(when: 'before' | 'after'): Exclude<Does, PortalFault> | undefined {
    return this.take(when) as Exclude<Does, PortalFault> | undefined;
  }

  /** The fault of a kind that is due in the portal. Ask only where it happens, because it counts as fired. */
  takePortalFault<Kind extends Exclude<PortalFault['kind'], 'statement'>>(
    kind: Kind,
  ): Extract<PortalFault, { kind: Kind }> | undefined {
    return this.take(kind) as Extract<PortalFault, { kind: Kind }> | undefined;
  }

  /**
   * Runs one SQL statement about somebody.
   *
   * @returns after the database has answered
   * @throws {DatabaseError} if a fault keeps the answer from the server, whether or not the statement is executed
   */
  async execute(statement: Statement, about: string, change: () => void): Promise<void> {
    const fault = this.take(`statement ${statement}`, about) as Extract<PortalFault, { kind: 'statement' }> | undefined;
    if (!fault) return this.commit(change);
    if (fault.ends === 'reset') this.reset();
    const { disturbed, milliseconds, reads } = fault;
    const until = { milliseconds, calls: reads, counts: (call: typeof this.subject) => this.isReadOf(about, call) };
    switch (disturbed) {
      case 'before':
        throw new DatabaseError('Failed to read the result set.');
      case 'after':
        this.commit(change);
        throw new DatabaseError('Failed to read the result set.');
      case 'hold':
        this.record('held');
        await this.deferred.until(until);
        return this.commit(change);
      case 'timeout':
        this.deferred.run(until, () => Promise.resolve(this.commit(change)));
        throw new DatabaseError('The Command Timeout expired before the operation completed.');
    }
  }

  /** Changes the portal, unless a fault keeps the call from it. */
  commit(change: () => void): void {
    this.isIgnored ||= this.takePortalFault('ignored') !== undefined;
    if (this.isIgnored) return;
    change();
    if (!this.hasCommitted) this.record('committed');
    this.hasCommitted = true;
  }

  /** Resets the caller's connection. The portal goes on. */
  reset(): void {
    this.isReset = true;
    this.resetConnection();
  }

  /** A job continues after the answer. */
  deferCommit(): void {
    this.commitsLater = true;
  }

  /** A 200 that had nothing to change counts as committed, too. */
  succeeded(): void {
    if (this.hasCommitted || this.isIgnored || this.commitsLater) return;
    this.record('committed');
  }

  /** The call is over: work that waited for it runs. */
  passed(): Promise<void> {
    return this.deferred.passed(this.subject);
  }

  private isReadOf(about: string, { route, about: other }: typeof this.subject): boolean {
    if (route === 'GET /people/filter') return true;
    return /^GET \/people\/(\{id\}|email)$/.test(route) && this.faults.samePerson(about, other);
  }

  private take(moment: Parameters<Faults['take']>[1], about = this.subject.about): Does | undefined {
    const does = this.faults.take({ ...this.subject, about }, moment);
    if (does) this.fired.push(does.kind);
    return does;
  }
}

const fixed = new Set(['email', 'active', 'filter', '@self', 'type', 'status', 'progress', 'password']);

/** The path template of a call, and whom it is about. */
function describe({ method, url, body }: { method: string; url: URL; body: string }): { route: string; about: string } {
  const words = url.pathname.split('/').slice(1);
  const template = words.map((word, index) => {
    if (index === 0 || fixed.has(word)) return word;
    return index === 2 ? '{type}' : '{id}';
  });
  const inBody = /"(?:email|userIds?)"\s*:\s*(?:\[\s*)?"([^"]*)"/i.exec(body)?.[1];
  const inPath = words.length === 4 ? words[3] : words[1];
  return {
    route: `${method} /${template.join('/')}`,
    about: url.searchParams.get('email') ?? inBody ?? inPath ?? '',
  };
}
