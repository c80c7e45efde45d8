import type { Does, Faults, PortalFault } from './faults.js';
import type { Ledger, LedgerLine } from './ledger.js';

/** A call that the portal works on: what the ledger has of it, and which faults it meets. */
export class Call {
  private readonly fired: string[] = [];
  private readonly of: { route: string; about: string };
  private committed = false;
  private ignored = false;
  private commitsLater = false;
  private answerIsLost = false;
  /** A create that has found before that its e-mail is free. */
  emailIsChecked = false;

  constructor(
    request: { method: string; url: URL; body: string },
    private readonly ledger: Ledger,
    private readonly faults: Faults,
  ) {
    this.of = describe(request);
  }

  get route(): string {
    return this.of.route;
  }

  get losesAnswer(): boolean {
    return this.answerIsLost;
  }

  record(phase: LedgerLine['phase'], status?: number): void {
    this.ledger.record({
      phase,
      ...this.of,
      ...(status !== undefined && { status }),
      ...(this.fired.length > 0 && { fault: this.fired.join('+') }),
    });
  }

  /** The fault on the wire that is due before or after the call. */
  takeAt(when: 'before' | 'after'): Exclude<Does, PortalFault> | undefined {
    return this.take(when) as Exclude<Does, PortalFault> | undefined;
  }

  /** The fault of a kind that is due in the portal. To be asked only where it happens, for it counts as fired. */
  takeIn<Kind extends PortalFault['kind']>(kind: Kind): Extract<PortalFault, { kind: Kind }> | undefined {
    return this.take(kind) as Extract<PortalFault, { kind: Kind }> | undefined;
  }

  /** Changes the portal, unless a fault keeps the call from it. */
  commit(change: () => void): void {
    this.ignored ||= this.takeIn('ignored') !== undefined;
    if (this.ignored) return;
    change();
    if (!this.committed) this.record('committed');
    this.committed = true;
  }

  /** The connection is reset instead of an answer. */
  loseAnswer(): void {
    this.answerIsLost = true;
  }

  /** The answer is not the end of it: a job goes on. */
  deferCommit(): void {
    this.commitsLater = true;
  }

  /** A 200 that changed nothing has done what it was to do, and so counts as committed too. */
  succeeded(): void {
    if (this.committed || this.ignored || this.commitsLater) return;
    this.record('committed');
  }

  private take(moment: Parameters<Faults['take']>[1]): Does | undefined {
    const does = this.faults.take(this.of, moment);
    if (does) this.fired.push(does.kind);
    return does;
  }
}

const fixed = new Set(['email', 'active', 'filter', '@self', 'type', 'status', 'progress']);

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
