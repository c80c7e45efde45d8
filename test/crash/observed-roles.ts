import { setTimeout as delay } from 'node:timers/promises';
import { isAbove, parseRole } from '../../src/domain/roles.js';
import type { TestPortal } from '../support/portal.js';

/** What a command reported about a person. */
export interface Report {
  email: string;
  state: string;
  role: string;
  /** The command that reported it, and when it began and ended, in milliseconds since 1970. */
  by: string;
  from: number;
  to: number;
}

const sampleIntervalMs = 20;

/** Roles change a little before or after a sample shows it. */
const toleranceMs = 200;

/** Watches the database of the portal: each role that each person had, and when. */
export class ObservedRoles {
  private readonly roles = new Map<string, { role: string; at: number }[]>();
  readonly twice = new Set<string>();
  private isOver = false;
  private readonly watching: Promise<void>;

  constructor(private readonly portal: TestPortal) {
    this.watching = this.watch();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.watching;
  }

  now(email: string): string | undefined {
    return this.roles.get(email)?.at(-1)?.role;
  }

  /** The reports of a role that the person did not have at any time while the command ran. */
  untrue(reports: readonly Report[]): string[] {
    return reports.filter((report) => report.role !== '' && !this.hadRole(report)).map((each) => this.describe(each));
  }

  /**
   * The reports of a higher role than the person has now, although nobody asked for that role. Until its last step has
   * ended, a run may lower an account for a moment to prove its role.
   */
  async lowered(reports: readonly Report[], asked: readonly { email: string; role: string }[]): Promise<string[]> {
    await this.sample();
    const isAsked = (email: string, role: string): boolean =>
      asked.some((each) => each.email === email && each.role === role);
    return reports
      .filter(({ email, state, role }) => {
        const reported = parseRole(role);
        const now = parseRole(this.now(email) ?? '');
        if ((state !== 'onboarded' && state !== 'kept-higher') || !reported || !now) return false;
        return isAbove(reported, now) && !isAsked(email, now);
      })
      .map((each) => this.describe(each));
  }

  private hadRole({ email, role, from, to }: Report): boolean {
    const changes = this.roles.get(email) ?? [];
    return changes.some((change, index) => {
      const end = changes[index + 1]?.at ?? Infinity;
      return change.role === role && change.at <= to + toleranceMs && end >= from - toleranceMs;
    });
  }

  private describe({ email, state, role, by, from, to }: Report): string {
    const changes = (this.roles.get(email) ?? []).map((each) => `${each.role} from ${each.at}`);
    return `${email}: ${state} as ${role} by ${by} (${from} to ${to}); the portal had ${changes.join(', ')}`;
  }

  private async watch(): Promise<void> {
    for (; !this.isOver; await delay(sampleIntervalMs)) await this.sample();
  }

  private async sample(): Promise<void> {
    const people = await this.portal.people().catch(() => []); // the stage may have closed
    const at = Date.now();
    const seen = new Set<string>();
    for (const { email, type: role } of people) {
      if (seen.has(email)) this.twice.add(email);
      seen.add(email);
      const changes = this.roles.get(email) ?? [];
      this.roles.set(email, changes);
      if (changes.at(-1)?.role !== role) changes.push({ role, at });
    }
  }
}
