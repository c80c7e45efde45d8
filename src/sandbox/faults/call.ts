import type { Deferred } from './deferred.js';
import type { Does, Faults, PortalFault, Statement } from './faults.js';
import type { Ledger, LedgerLine } from './ledger.js';

/** The subject of a call: method and path template, and the e-mail or id of the person concerned. */
export interface Subject {
  route: string;
  about: string;
}

interface FaultParts {
  ledger: Ledger;
  faults: Faults;
  deferred: Deferred;
  /** Resets the caller's connection. */
  resetConnection: () => void;
}

/** The database did not answer a statement. */
export class DatabaseError extends Error {}

/** The routes that read one person, or where they are. */
const readsOfOne = ['GET /people/{id}', 'GET /people/email', 'GET /group/user/{id}', 'GET /files/rooms/{id}/share'];

const connectionLost = 'Failed to read the result set.';

/** A call that the portal handles: its lines in the ledger, and the faults that apply to it. */
export class Call {
  private readonly fired: string[] = [];
  private hasCommitted = false;
  private isIgnored = false;
  private commitsLater = false;
  isReset = false;

  constructor(
    private readonly subject: Subject,
    private readonly parts: FaultParts,
  ) {}

  get route(): string {
    return this.subject.route;
  }

  record(phase: LedgerLine['phase'], status?: number): void {
    this.parts.ledger.record({
      phase,
      ...this.subject,
      ...(status !== undefined && { status }),
      ...(this.fired.length > 0 && { fault: this.fired.join('+') }),
    });
  }

  /** The wire fault that is due before or after the call. */
  takeWireFault(when: 'before' | 'after'): Exclude<Does, PortalFault> | undefined {
    return this.take(when) as Exclude<Does, PortalFault> | undefined;
  }

  /**
   * The portal fault of a kind that is due. Call this only where the fault happens, because it then counts as fired.
   */
  takePortalFault<Kind extends Exclude<PortalFault['kind'], 'statement'>>(
    kind: Kind,
  ): Extract<PortalFault, { kind: Kind }> | undefined {
    return this.take(kind) as Extract<PortalFault, { kind: Kind }> | undefined;
  }

  /**
   * Runs one SQL statement for a person, and returns after the database has answered.
   *
   * @throws {DatabaseError} if a fault keeps the answer from the server, whether or not the statement is executed
   */
  async execute(statement: Statement, about: string, change: () => void): Promise<void> {
    const fault = this.take(`statement ${statement}`, about) as Extract<PortalFault, { kind: 'statement' }> | undefined;
    if (!fault) return this.commit(change);
    if (fault.ends === 'reset') this.reset();
    const { deferred } = this.parts;
    const until = {
      milliseconds: fault.milliseconds,
      calls: fault.reads,
      counts: (call: Subject) => this.isRead(call, about),
    };
    switch (fault.disturbed) {
      case 'before':
        throw new DatabaseError(connectionLost);
      case 'after':
        this.commit(change);
        throw new DatabaseError(connectionLost);
      case 'hold':
        this.record('held');
        await deferred.until(until);
        return this.commit(change);
      case 'timeout':
        deferred.run(until, () => Promise.resolve(this.commit(change)));
        throw new DatabaseError('The Command Timeout expired before the operation completed.');
    }
  }

  /** Changes the portal, unless a fault makes the call have no effect. */
  commit(change: () => void): void {
    this.isIgnored ||= this.takePortalFault('ignored') !== undefined;
    if (this.isIgnored) return;
    change();
    if (!this.hasCommitted) this.record('committed');
    this.hasCommitted = true;
  }

  /** Resets the caller's connection. The portal continues. */
  reset(): void {
    this.isReset = true;
    this.parts.resetConnection();
  }

  /** A job continues after the answer. */
  deferCommit(): void {
    this.commitsLater = true;
  }

  /** A 200 with nothing to change also counts as committed. */
  succeeded(): void {
    if (this.hasCommitted || this.isIgnored || this.commitsLater) return;
    this.record('committed');
  }

  /** Ends the call, and runs the work that waited for it. */
  passed(): Promise<void> {
    return this.parts.deferred.passed(this.subject);
  }

  private isRead(call: Subject, about: string): boolean {
    if (call.route === 'GET /people/filter') return true;
    return readsOfOne.includes(call.route) && this.parts.faults.isSamePerson(about, call.about);
  }

  private take(moment: Parameters<Faults['take']>[1], about = this.subject.about): Does | undefined {
    const does = this.parts.faults.take({ route: this.route, about }, moment);
    if (does) this.fired.push(does.kind);
    return does;
  }
}
