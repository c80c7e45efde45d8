/**
 * Faults on demand: which calls they meet, and how often. `PUT /sandbox/faults` replaces the list.
 *
 * ```json
 * { "route": "POST /people", "about": "jane@example.com", "times": 1, "when": "after", "does": { "kind": "reset" } }
 * ```
 *
 * `route` is a method and a path template as in the ledger, or `*`. `about` names one person by e-mail, id or user name.
 * Faults on the wire replace the call (`when: "before"`) or its answer (`when: "after"`). Faults in the portal happen at
 * the one place where their kind can happen, so `when` means nothing for them.
 *
 * **One SQL statement of one person** is disturbed, as a proxy did on the vendor's own server (docspace-api.md §10):
 *
 * ```json
 * { "route": "*", "about": "jane@example.com", "times": 1,
 *   "does": { "kind": "statement", "statement": "group", "disturbed": "hold", "milliseconds": 1000 } }
 * ```
 *
 * | statement | of |
 * |---|---|
 * | `account` | a create: the row. Until the last statement has run, the account shows as RoomAdmin |
 * | `password` | a create: the password row |
 * | `mail` | `POST /people`: the link of the activation mail, which is sent after it |
 * | `group` | a create, for every role but RoomAdmin; or the job of `POST /people/type` |
 * | `commit` | `PUT /people/type/{type}`: the first transaction |
 * | `second-group` | `PUT /people/type/DocSpaceAdmin`: the row of the administrators' group |
 * | `member` | a write of a group: the row of one member |
 * | `share` | `PUT /files/rooms/{id}/share`: the row of one person or group |
 *
 * | disturbed | the database | the caller |
 * |---|---|---|
 * | `before` | never executes it | gets a 500 |
 * | `after` | executes it, and its answer is lost: the server keeps a stale cache of groups | gets a 500 |
 * | `hold` | executes it late; the server waits, and continues | gets the answer late, if it is still there |
 * | `timeout` | executes it late; the server's request has ended, so its cache of groups is stale | gets a 500 |
 *
 * A late statement runs on `POST /sandbox/release`, after `milliseconds`, or after so many `reads` of the account.
 * With `ends: "reset"` the caller's connection is reset at once, as if the server or the network had died.
 * `GET /sandbox/people` then shows the database (`type`, `groups`, `password`, `mails`, `passwordMails`) beside what a
 * read shows (`shown`). An account is left half made by `password` + `before` (no password, no mail), `mail` + `before` (no
 * mail) and `group` + `before` (no role).
 */
import { z } from 'zod';

const milliseconds = z.number().int().positive();
const count = z.number().int().positive();

/** Wire faults: instead of the call, or instead of its answer once the portal has carried it out. */
const wireFaults = [
  /** Answers on `release`, as if nothing had happened. */
  z.object({ kind: z.literal('hold') }),
  /** Never answers. */
  z.object({ kind: z.literal('hang') }),
  /** Resets the connection. */
  z.object({ kind: z.literal('reset') }),
  /** Resets every connection, and refuses new ones for this long. */
  z.object({ kind: z.literal('refused'), milliseconds }),
  /**
   * Answers this instead, `delay` milliseconds later. A 429 can be late, because the limiter runs after authentication.
   */
  z.object({
    kind: z.literal('answer'),
    status: z.number().int(),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().default(''),
    delay: milliseconds.optional(),
  }),
  /** Answers the headers and the first half of the body, and resets or ends the connection. */
  z.object({ kind: z.literal('cut'), ends: z.enum(['reset', 'fin']).default('reset') }),
  /** Answers the first half of the body as if it were complete. */
  z.object({ kind: z.literal('garbled') }),
  /** Answers the headers at once, then the body byte by byte, then spaces without end. */
  z.object({ kind: z.literal('slow'), every: milliseconds.default(20) }),
  /** Answers the body with spaces behind it, which JSON allows. */
  z.object({ kind: z.literal('huge'), bytes: count.default(3_000_000) }),
  /** As `huge`, but small on the wire. */
  z.object({ kind: z.literal('bomb'), bytes: count.default(101_000_000) }),
  /** Answers 200 with the profile of the account with this e-mail, or of a made-up User with it. */
  z.object({ kind: z.literal('other-profile'), email: z.string().default('ugo@sandbox.example') }),
] as const;

/** Resets at once. The portal carries the call out later: on `release`, or after this many other calls. */
const late = z.object({ kind: z.literal('late'), commitAfter: count.optional() });

const statements = ['account', 'password', 'mail', 'group', 'commit', 'second-group', 'member', 'share'] as const;
export type Statement = (typeof statements)[number];

const portalFaults = [
  z.object({
    kind: z.literal('statement'),
    statement: z.enum(statements),
    disturbed: z.enum(['before', 'after', 'hold', 'timeout']),
    milliseconds: milliseconds.optional(),
    reads: count.optional(),
    ends: z.enum(['answer', 'reset']).default('answer'),
  }),
  /**
   * A create that loses against another create of the same person, with one of the portal's four answers to the loser.
   */
  z.object({
    kind: z.literal('lost-race'),
    answer: z.enum(['already registered', 'Duplicate UserName', 'Duplicate Email', 'User already exist.']),
  }),
  /** After a create, this many reads by the id are a 404. The look-up by e-mail finds the account at once. */
  z.object({ kind: z.literal('lag'), reads: count }),
  /** Answers as if it had changed something. */
  z.object({ kind: z.literal('ignored') }),
  /** A create that makes another type than requested, and shows either type. */
  z.object({
    kind: z.literal('wrong-type'),
    type: z.enum(['RoomAdmin', 'DocSpaceAdmin', 'User', 'Guest']).default('RoomAdmin'),
    shows: z.enum(['committed', 'asked']).default('committed'),
  }),
  /**
   * `POST /people/type` whose job fails. On the vendor's own server 1 in 100 fails with this error, and a repeat
   * succeeds.
   */
  z.object({ kind: z.literal('job-fails'), error: z.string().default('Publication not found.') }),
  /** `POST /people/type` whose job runs until `release`. */
  z.object({ kind: z.literal('job-hangs') }),
] as const;

const fault = z.object({
  route: z.string(),
  when: z.enum(['before', 'after']).default('before'),
  /** How often the fault fires. Without it, until the list is replaced. */
  times: count.optional(),
  about: z.string().optional(),
  does: z.discriminatedUnion('kind', [...wireFaults, late, ...portalFaults]),
});

export const faultList = z.array(fault);
/** A rule as a test writes it. */
export type Fault = z.input<typeof fault>;
type Rule = z.output<typeof fault>;
export type Does = Rule['does'];
export type WireFault = z.output<(typeof wireFaults)[number]>;
export type PortalFault = z.output<(typeof portalFaults)[number]>;

const portalKinds: ReadonlySet<string> = new Set(portalFaults.map(({ shape }) => shape.kind.value));

/** When a rule applies: before or after the call, or at the one place in the portal where it can happen. */
type Moment = 'before' | 'after' | Exclude<PortalFault['kind'], 'statement'> | `statement ${Statement}`;

function momentOf({ when, does }: Rule): Moment {
  if (does.kind === 'late') return 'before';
  if (does.kind === 'statement') return `statement ${does.statement}`;
  return isPortalFault(does) ? does.kind : when;
}

function isPortalFault(does: Does): does is Exclude<PortalFault, { kind: 'statement' }> {
  return portalKinds.has(does.kind);
}

export class Faults {
  private rules: { fault: Rule; fired: number }[] = [];

  /** @param isSamePerson whether two words (an e-mail, an id, a user name) mean the same person */
  constructor(readonly isSamePerson: (one: string, other: string) => boolean) {}

  set(faults: readonly Rule[]): void {
    this.rules = faults.map((each) => ({ fault: each, fired: 0 }));
  }

  report(): (Rule & { fired: number })[] {
    return this.rules.map((rule) => ({ ...rule.fault, fired: rule.fired }));
  }

  /** The fault that applies to a call at a moment. It then counts as fired. */
  take(call: { route: string; about: string }, moment: Moment): Does | undefined {
    const rule = this.rules.find(({ fault: each, fired }) => {
      const { route, about, times = Infinity } = each;
      if (momentOf(each) !== moment || fired >= times) return false;
      if (route !== '*' && route !== call.route) return false;
      return about === undefined || this.isSamePerson(about, call.about);
    });
    if (rule) rule.fired++;
    return rule?.fault.does;
  }
}
