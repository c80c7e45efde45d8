import { z } from 'zod';

/** Faults on demand: which calls have them, and how often (docspace-api.md §9). What each does is in inflict.ts. */

const milliseconds = z.number().int().positive();
const stepsOfCreate = z.enum(['row', 'password', 'mail']);

/** Instead of the call, or instead of its answer once the portal has carried it out. */
const onTheWire = [
  /** Answers once `release` was called, as if nothing had happened. */
  z.object({ kind: z.literal('hold') }),
  /** Never answers. */
  z.object({ kind: z.literal('hang') }),
  /** Resets the connection. */
  z.object({ kind: z.literal('reset') }),
  /** The portal goes down: every connection is reset, and new ones are refused for so long. */
  z.object({ kind: z.literal('refused'), milliseconds }),
  /** Answers this instead. */
  z.object({
    kind: z.literal('answer'),
    status: z.number().int(),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().default(''),
  }),
  /** Answers the headers and the first half of the body, and resets or ends the connection. */
  z.object({ kind: z.literal('cut'), ends: z.enum(['reset', 'fin']).default('reset') }),
  /** Answers the first half of the body as if it were all of it. */
  z.object({ kind: z.literal('garbled') }),
  /** Answers the headers at once and then a byte at a time; after the body come spaces, for ever. */
  z.object({ kind: z.literal('slow'), every: milliseconds.default(20) }),
  /** Answers the body with spaces behind it, which JSON allows. */
  z.object({ kind: z.literal('huge'), bytes: z.number().int().positive().default(3_000_000) }),
  /** As `huge`, but small on the wire. */
  z.object({ kind: z.literal('bomb'), bytes: z.number().int().positive().default(101_000_000) }),
  /** Answers 200 with the profile of whoever has this e-mail, or of a made-up User who has it. */
  z.object({ kind: z.literal('stranger'), email: z.string().default('ugo@sandbox.example') }),
] as const;

/**
 * Resets at once, and the portal carries the call out later: on `release`, or when so many others have been. A create
 * that was `checked` before has found no such e-mail then and looks no more: no index forbids a second one (§1.1).
 */
const late = z.object({
  kind: z.literal('late'),
  commitAfter: z.number().int().positive().optional(),
  checked: z.boolean().default(false),
});

/** In the portal itself. `when` means nothing here. */
const inThePortal = [
  /** A create that stops after a step before its last one, and answers 500 or resets: a RoomAdmin is left (§0.8). */
  z.object({
    kind: z.literal('half-create'),
    after: stepsOfCreate.default('row'),
    ends: z.enum(['answer', 'reset']).default('answer'),
  }),
  /** After a create so many reads by the id are a 404. The look-up by e-mail finds the account at once. */
  z.object({ kind: z.literal('lag'), reads: z.number().int().positive() }),
  /** Answers as if it had, but changes nothing. */
  z.object({ kind: z.literal('ignored') }),
  /** A create that makes another type than the one asked for, and shows either. */
  z.object({
    kind: z.literal('wrong-type'),
    type: z.enum(['RoomAdmin', 'DocSpaceAdmin', 'User', 'Guest']).default('RoomAdmin'),
    shows: z.enum(['committed', 'asked']).default('committed'),
  }),
  /** `POST /people/type` whose job fails. */
  z.object({ kind: z.literal('job-fails'), error: z.string().default('Something went wrong') }),
  /** `POST /people/type` whose job runs on until `release`. */
  z.object({ kind: z.literal('job-stays') }),
] as const;

const fault = z.object({
  /** Method and path template as in the ledger, or `*`. */
  route: z.string(),
  when: z.enum(['before', 'after']).default('before'),
  /** How often; without it until it is taken away. */
  times: z.number().int().positive().optional(),
  /** How likely, from 0 to 1; the same `seed` draws the same. */
  rate: z.number().min(0).max(1).optional(),
  seed: z.number().int().optional(),
  /** Only calls about this person, by e-mail, id or user name. */
  about: z.string().optional(),
  does: z.discriminatedUnion('kind', [...onTheWire, late, ...inThePortal]),
});

export const faultList = z.array(fault);
/** As a test writes it. */
export type Fault = z.input<typeof fault>;
type Rule = z.output<typeof fault>;
export type Does = Rule['does'];
export type WireFault = z.output<(typeof onTheWire)[number]>;
export type PortalFault = z.output<(typeof inThePortal)[number]>;
type PortalKind = PortalFault['kind'];

const portalKinds: ReadonlySet<string> = new Set(inThePortal.map(({ shape }) => shape.kind.value));

/** When a rule is asked for: before or after the call, or at the one place in the portal where its kind can happen. */
type Moment = 'before' | 'after' | PortalKind;

function momentOf({ when, does }: Rule): Moment {
  if (does.kind === 'late') return 'before';
  return isPortalFault(does) ? does.kind : when;
}

function isPortalFault(does: Does): does is PortalFault {
  return portalKinds.has(does.kind);
}

export class Faults {
  private rules: { fault: Rule; fired: number; random: () => number }[] = [];

  /** @param samePerson whether two words (an e-mail, an id, a user name) mean one person */
  constructor(private readonly samePerson: (one: string, other: string) => boolean) {}

  set(faults: readonly Rule[]): void {
    this.rules = faults.map((each) => ({ fault: each, fired: 0, random: randomFrom(each.seed ?? 1) }));
  }

  report(): (Rule & { fired: number })[] {
    return this.rules.map((rule) => ({ ...rule.fault, fired: rule.fired }));
  }

  /** The fault that a call has at a moment. It counts as fired. */
  take(call: { route: string; about: string }, moment: Moment): Does | undefined {
    const rule = this.rules.find(({ fault: each, fired, random }) => {
      const { route, about, times = Infinity, rate = 1 } = each;
      if (momentOf(each) !== moment || fired >= times) return false;
      if (route !== '*' && route !== call.route) return false;
      if (about !== undefined && !this.samePerson(about, call.about)) return false;
      return random() < rate;
    });
    if (rule) rule.fired++;
    return rule?.fault.does;
  }
}

/** Mulberry32: from 0 up to 1, the same numbers for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
