import type { Role } from '../../src/domain/roles.js';

/**
 * The measured portal in virtual time (docs/faults.md): statements without a transaction, stalls that outlive the client
 * and the server's own request, a stale cache of roles, and one lock for each class of a create. Times are in milliseconds.
 *
 * What it leaves out is what the rules cannot rule out: a stall of one connection that outlasts the settle window while the
 * database answers others, several server processes without Redis, and an account that somebody else creates meanwhile.
 */

/** The server ends each statement, and each wait for a lock, after this time. */
const serverTimeoutMs = 30_000;

/** The client abandons a call after this time. */
const clientTimeoutMs = 30_000;

/** A late statement runs within this time after its caller gave up: shorter than the settle window of 90 s. */
const maxLatenessMs = 85_000;

const cacheLifetimeMs = 1_200_000;

type Group = 'Guest' | 'User' | 'Admin';

export const places = ['group', 'room'] as const;
export type Place = (typeof places)[number];

export type Answer = 'ok' | 'not sent' | 'refused' | 'lost';

interface Account {
  insertedAt: number;
  mailedAt: number;
  changes: { at: number; change: (groups: ReadonlySet<Group>) => ReadonlySet<Group> }[];
}

/** When a statement runs, when the server continues with the next one, and whether it can still answer. */
interface Executed {
  at: number;
  continuesAt: number;
  continues: boolean;
}

export class PortalModel {
  now = 0;
  readonly accounts: Account[] = [];
  private readonly cacheClearedAt: number[] = [];
  /** When each row of the person in a group or a room was written. */
  private readonly rows: Record<Place, number[]> = { group: [], room: [] };
  private cache: { loadedAt: number; roles: Role[] } | undefined;
  private createLockFreeAt = 0;
  private rowLockFreeAt = 0;

  constructor(private readonly random: () => number) {}

  /** Faults stop after ten minutes, so every run ends. */
  happens(rate: number): boolean {
    return this.now < 600_000 && this.random() < rate;
  }

  /** `POST /people`: both types that we create share one lock. */
  create(type: 'Guest' | 'User'): Answer {
    if (this.happens(0.1)) return 'not sent';
    const sentAt = this.now;
    if (this.happens(0.03)) return this.lose(sentAt); // the server never read it
    const lockedAt = Math.max(sentAt + 20, this.createLockFreeAt);
    if (lockedAt - sentAt > serverTimeoutMs) return this.lose(sentAt);
    if (this.accounts.some(({ insertedAt }) => insertedAt <= lockedAt)) return this.answer(sentAt, lockedAt, 'refused');

    const inserted = this.execute(lockedAt);
    this.createLockFreeAt = inserted.continuesAt;
    if (inserted.at === Infinity) return this.lose(sentAt);
    const account: Account = { insertedAt: inserted.at, mailedAt: Infinity, changes: [] };
    this.accounts.push(account);
    const password = this.executeAfter(inserted);
    const mail = type === 'User' ? this.executeAfter(password) : password;
    if (mail.continues && type === 'User') account.mailedAt = mail.continuesAt;
    const group = this.executeAfter(mail);
    account.changes.push({ at: group.at, change: (groups) => new Set([...groups, type]) });
    return this.end(sentAt, group);
  }

  /** `PUT /people/type/{type}`: decided by the role that the server shows, which can be stale. */
  raise(role: Role): Answer {
    if (this.happens(0.1)) return 'not sent';
    const sentAt = this.now;
    const beganAt = Math.max(sentAt + 20, this.rowLockFreeAt);
    if (beganAt - sentAt > serverTimeoutMs) return this.lose(sentAt);
    const shown = this.roleShownAt(beganAt);
    if (shown === role) return this.answer(sentAt, beganAt, 'refused');
    const remove: Group[] = shown === 'DocSpaceAdmin' ? ['Admin'] : ['User', 'Guest'];
    const commit = this.execute(beganAt);
    this.rowLockFreeAt = commit.at === Infinity ? beganAt : commit.at;
    this.change(commit, (groups) => new Set([...groups].filter((group) => !remove.includes(group))));
    if (role !== 'DocSpaceAdmin') return this.end(sentAt, commit);
    this.clearCache(commit);
    const second = this.executeAfter(commit);
    this.change(second, (groups) => new Set([...groups, 'Admin']));
    return this.end(sentAt, second);
  }

  /** `POST /people/type` and its job: it writes unless the server shows the type already. */
  lower(type: 'Guest' | 'User'): Answer {
    if (this.happens(0.1)) return 'not sent';
    const sentAt = this.now;
    if (this.happens(0.02)) return this.answer(sentAt, sentAt + 100, 'refused'); // "Publication not found."
    const beganAt = sentAt + 50;
    if (this.roleShownAt(beganAt) === type) return this.answer(sentAt, beganAt, 'ok');
    const written = this.execute(beganAt);
    this.change(written, () => new Set([type]));
    return this.end(sentAt, written);
  }

  /** A look-up by e-mail. `undefined` is an answer without an account; `lost` is a stall or an error. */
  find(): Role | undefined | 'lost' {
    this.now += 50 + this.random() * 500;
    if (this.happens(0.1)) return 'lost';
    return this.accounts.some(({ insertedAt }) => insertedAt <= this.now) ? this.roleShownAt(this.now) : undefined;
  }

  /**
   * `PUT /group/{id}` and `PUT /files/rooms/{id}/share`: one row. The portal also answers 200 if it skips the person, and
   * 500 to the second of two writers.
   */
  add(place: Place): Answer {
    if (this.happens(0.1)) return 'not sent';
    const sentAt = this.now;
    const beganAt = sentAt + 20;
    if (this.happens(0.03)) return this.answer(sentAt, beganAt, 'ok');
    if (this.rows[place].some((at) => at > beganAt && at !== Infinity)) return this.lose(sentAt);
    const written = this.execute(beganAt);
    this.rows[place].push(written.at);
    return this.answerAfter(sentAt, written);
  }

  /** A list of the members of a group, or of the people with access to a room. */
  shows(place: Place): boolean | 'lost' {
    this.now += 50 + this.random() * 500;
    return this.happens(0.1) ? 'lost' : this.rows[place].some((at) => at <= this.now);
  }

  /** Whether the person is there once everything late has run. */
  isIn(place: Place): boolean {
    return this.rows[place].some((at) => at !== Infinity);
  }

  /** The rows of the first account once everything late has run. */
  finalGroups(): ReadonlySet<Group> {
    return this.groupsAt(Infinity);
  }

  private execute(beganAt: number): Executed {
    const at = beganAt + 5 + this.random() * 40;
    if (this.happens(0.04)) return { at: Infinity, continuesAt: at, continues: false };
    if (this.happens(0.04)) return { at, continuesAt: at, continues: false };
    if (!this.happens(0.08)) return { at, continuesAt: at, continues: true };
    const heldMs = this.random() * maxLatenessMs;
    const isTimeout = heldMs > serverTimeoutMs;
    return { at: at + heldMs, continuesAt: at + Math.min(heldMs, serverTimeoutMs), continues: !isTimeout };
  }

  /** One stall at a time: the statement after a held one runs at once, as in the measurements. */
  private executeAfter({ continues, continuesAt, at }: Executed): Executed {
    if (!continues) return { at: Infinity, continuesAt, continues: false };
    const isLate = at > this.now + clientTimeoutMs / 2;
    return isLate
      ? { at: continuesAt + 20, continuesAt: continuesAt + 20, continues: true }
      : this.execute(continuesAt);
  }

  private change({ at }: Executed, change: Account['changes'][number]['change']): void {
    this.accounts[0]?.changes.push({ at, change });
  }

  /** The server clears its cache only if its request survives the last statement. */
  private clearCache({ continues, continuesAt }: Executed): void {
    if (continues) this.cacheClearedAt.push(continuesAt);
  }

  private end(sentAt: number, last: Executed): Answer {
    this.clearCache(last);
    return this.answerAfter(sentAt, last);
  }

  private answerAfter(sentAt: number, last: Executed): Answer {
    if (!last.continues) return this.lose(sentAt, last.continuesAt);
    return this.answer(sentAt, last.continuesAt + 20, 'ok');
  }

  /** An answer can be lost on its way, or come too late. */
  private answer(sentAt: number, answeredAt: number, answer: Answer): Answer {
    if (answeredAt - sentAt > clientTimeoutMs || this.happens(0.05)) return this.lose(sentAt, answeredAt);
    this.now = answeredAt;
    return answer;
  }

  private lose(sentAt: number, failedAt = sentAt + 100): Answer {
    this.now = Math.min(failedAt, sentAt + clientTimeoutMs);
    return 'lost';
  }

  private roleShownAt(time: number): Role {
    const { cache } = this;
    const isStale =
      !cache ||
      time - cache.loadedAt > cacheLifetimeMs ||
      this.cacheClearedAt.some((at) => at > cache.loadedAt && at <= time);
    if (isStale) this.cache = { loadedAt: time, roles: [roleOf(this.groupsAt(time))] };
    return this.cache?.roles[0] ?? 'RoomAdmin';
  }

  private groupsAt(time: number): ReadonlySet<Group> {
    const changes = (this.accounts[0]?.changes ?? []).filter(({ at }) => at <= time && at !== Infinity);
    return changes
      .toSorted((a, b) => a.at - b.at)
      .reduce<ReadonlySet<Group>>((groups, { change }) => change(groups), new Set());
  }
}

/** No row of a group makes a RoomAdmin. */
export function roleOf(groups: ReadonlySet<Group>): Role {
  if (groups.has('Admin')) return 'DocSpaceAdmin';
  if (groups.has('User')) return 'User';
  return groups.has('Guest') ? 'Guest' : 'RoomAdmin';
}
