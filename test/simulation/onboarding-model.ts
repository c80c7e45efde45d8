import {
  canPostWithoutLookup,
  decideAfterNotFound,
  mayBeNameRace,
  recordPost,
  recordStall,
  resumeLog,
  type CreateAttemptLog,
} from '../../src/domain/create-rule.js';
import {
  decideAfterRefusal,
  decideRoleMove,
  recordShownRole,
  recordStalledRead,
  recordUnclearWrite,
  resumeRoleLog,
  type RoleWriteLog,
} from '../../src/domain/role-rule.js';
import { isAbove, isPaid, type Role } from '../../src/domain/roles.js';
import { reachPlace } from './places-model.js';
import { places, PortalModel, roleOf, type Answer, type Place } from './portal-model.js';

/** One onboarding in virtual time, with workers that are killed and attempts that wait for a worker. A seed repeats it exactly. */

export const settleWindowMs = 90_000;

/**
 * `ours` is the program's rule for one person, `in a group` its rule for a person of an import; the others are what one
 * would write first.
 */
export type Rule = 'ours' | 'in a group' | 'blind retry' | 'look-up only' | 'role as found' | 'answer believed';

export interface Result {
  end: 'done' | 'failed' | 'needs attention';
  accounts: number;
  /** The role that the outcome reports, and the role of the database once everything late has run. */
  reported: Role | undefined;
  actual: Role;
  /** More rows than one make a later change fall to the wrong role. */
  rows: number;
  /** Whether the activation mail went out, and what the outcome says of it. */
  isMailed: boolean;
  mail: 'sent' | 'pending' | 'none';
  /** The group and the room that the outcome reports, and those that the person is in. */
  reportedPlaces: Place[];
  actualPlaces: Place[];
}

/** What is known about an account whose role is still to be made. */
interface HandedOver {
  lastUnclearWriteAt?: number;
  needsReset: boolean;
}

interface Attempt {
  number: number;
  scheduledAt: number;
  now(): number;
  dies: boolean;
}

export function simulate(seed: number, requested: Role, by: Rule = 'ours'): Result {
  const random = generator(seed);
  const portal = new PortalModel(random);
  const type = requested === 'Guest' ? 'Guest' : 'User';
  let reported: Role | undefined;
  let mail: Result['mail'] = 'none';

  const created = create();
  if (typeof created === 'string') return result(created);
  mail = type === 'Guest' ? 'none' : created.lastUnclearWriteAt === undefined ? 'sent' : 'pending';
  const isUnclear = created.lastUnclearWriteAt !== undefined;
  const raised = by === 'in a group' && !isUnclear ? raiseInGroup() : { ...created, needsReset: isUnclear };
  reported = typeof raised === 'string' ? raised : updateRole(raised);
  if (reported === undefined) return result('needs attention');
  const rules = { isInGroup: typeof raised === 'string', believesAnswer: by === 'answer believed' };
  const requestedPlaces = places.filter((place) => place === 'room' || requested !== 'Guest');
  const reportedPlaces = requestedPlaces.filter((place) => reachPlace(portal, place, () => nextAttempt(1), rules));
  return result(reportedPlaces.length < requestedPlaces.length ? 'needs attention' : 'done', reportedPlaces);

  function result(end: Result['end'], shownPlaces: Place[] = []): Result {
    const groups = portal.finalGroups();
    const isMailed = (portal.accounts[0]?.mailedAt ?? Infinity) < Infinity;
    return {
      end,
      accounts: portal.accounts.length,
      reported,
      actual: roleOf(groups),
      rows: groups.size,
      isMailed,
      mail,
      reportedPlaces: shownPlaces,
      actualPlaces: places.filter((place) => portal.isIn(place)),
    };
  }

  /** The server schedules an attempt, which may wait for a worker; its worker may be killed anywhere in it. */
  function nextAttempt(number: number): Attempt {
    const scheduledAt = portal.now;
    if (portal.happens(0.1)) portal.now += random() * 60_000;
    const startedAt = portal.now;
    return { number, scheduledAt, now: () => scheduledAt + portal.now - startedAt, dies: portal.happens(0.1) };
  }

  function create(): { lastUnclearWriteAt?: number } | 'failed' | 'needs attention' {
    let note: CreateAttemptLog | undefined;
    for (let number = 1; number < 500; number++) {
      const attempt = nextAttempt(number);
      let log = resumeLog(number, note, attempt.scheduledAt);
      const leave = (delayMs: number): void => {
        if (!attempt.dies) note = log;
        portal.now += attempt.dies ? 3_000 : delayMs;
      };
      const found = (): { lastUnclearWriteAt?: number } => {
        const { lastPostAt } = log;
        if (lastPostAt === null) return {};
        return { lastUnclearWriteAt: lastPostAt === 'this attempt' ? attempt.now() : lastPostAt };
      };

      const postsAtOnce = by === 'blind retry' || (by === 'look-up only' ? number === 1 : canPostWithoutLookup(log));
      if (!postsAtOnce) {
        const shown = portal.find();
        if (shown === 'lost') {
          log = recordStall(log);
          leave(1_000);
          continue;
        }
        if (shown !== undefined) return found();
        const next = decideAfterNotFound(log, attempt.now(), settleWindowMs);
        if (by !== 'look-up only' && next.move === 'needs attention') return 'needs attention';
        if (by !== 'look-up only' && next.move === 'wait') {
          leave(next.delayMs);
          continue;
        }
      }
      if (attempt.dies && random() < 0.3) {
        leave(0);
        continue;
      }
      const answer = portal.create(type);
      if (answer === 'ok' && !attempt.dies) return {};
      if (answer === 'lost') log = recordPost(log, 'unknown');
      if (answer === 'refused' && !attempt.dies) {
        log = recordPost(log, 'rejected');
        if (by === 'blind retry') return 'failed';
        const shown = portal.find();
        if (shown === undefined && !mayBeNameRace(log)) return 'failed';
        if (shown !== undefined && shown !== 'lost') return found();
      }
      leave(1_000 * Math.min(60, 2 ** Math.min(number, 6)));
    }
    return 'needs attention';
  }

  /** As `updateUserRoles` and the chunk do it: a lost write is not repeated, but handed over unless it shows. */
  function raiseInGroup(): Role | HandedOver {
    const shown = portal.find();
    if (shown !== 'lost' && shown !== type) return { lastUnclearWriteAt: portal.now, needsReset: true };
    if (requested === type) return shown === 'lost' ? { needsReset: false } : type;
    let lastUnclearWriteAt: number | undefined;
    let isWritten = false;
    for (let number = 1; number < 500; number++) {
      const attempt = nextAttempt(number);
      if (number > 1 && !isWritten) lastUnclearWriteAt = attempt.scheduledAt; // the attempt before was killed
      if (!isWritten && lastUnclearWriteAt === undefined) {
        const answer = portal.raise(requested);
        if (attempt.dies || answer === 'not sent') continue;
        isWritten = true;
        if (answer === 'lost') lastUnclearWriteAt = attempt.now();
      }
      const shownAfter = portal.find();
      if (shownAfter === 'lost' || attempt.dies) continue;
      if (shownAfter === requested) return requested;
      return { ...(lastUnclearWriteAt !== undefined && { lastUnclearWriteAt }), needsReset: false };
    }
    return { needsReset: false };
  }

  function updateRole({ lastUnclearWriteAt, needsReset }: HandedOver): Role | undefined {
    const isLost = lastUnclearWriteAt !== undefined;
    let note: RoleWriteLog = {
      attempt: 0,
      unclear: isLost ? { at: lastUnclearWriteAt, ...(needsReset && { role: type }) } : null,
      ...(needsReset && { reset: 'needed' }),
      failedJobs: 0,
    };
    if (by === 'role as found') note = { ...note, unclear: null };
    if (by === 'role as found') delete note.reset;

    for (let number = 1; number < 500; number++) {
      const attempt = nextAttempt(number);
      let log = resumeRoleLog(number, note, requested, attempt.scheduledAt);
      if (by === 'role as found') log = { ...log, unclear: null };
      const leave = (delayMs: number): void => {
        if (!attempt.dies) note = log;
        portal.now += attempt.dies ? 3_000 : delayMs;
      };
      const ended = step();
      if (ended !== 'again') return ended;

      function read(): Role | undefined {
        const shown = portal.find();
        if (shown === 'lost') log = recordStalledRead(log);
        if (shown === undefined || shown === 'lost') return undefined;
        log = recordShownRole(log, shown);
        return shown;
      }

      /** One attempt, as `updateUserRole` makes it. */
      function step(): Role | 'again' {
        for (;;) {
          const shown = read();
          if (shown === undefined) return again(1_000);
          const next = decideRoleMove(log, { shown, requested }, attempt.now(), settleWindowMs);
          if (next.move === 'wait') return again(next.delayMs);
          if (next.move === 'done') return attempt.dies ? again(0) : shown;
          const isLower = isAbove(shown, next.role) && !isPaid(next.role);
          const answer: Answer = isLower ? portal.lower(next.role as 'User') : portal.raise(next.role);
          if (attempt.dies || answer === 'not sent') return again(1_000);
          if (answer === 'lost' || (isLower && answer === 'refused')) {
            log = recordUnclearWrite(log, next.role);
            return again(1_000);
          }
          const shownAfter = read();
          if (shownAfter !== next.role) return again(1_000);
          if (answer === 'refused') {
            const after = decideAfterRefusal(log, attempt.now(), settleWindowMs);
            if (after.move === 'reset') log = { ...log, reset: 'needed' };
            if (after.move !== 'done') return again(after.move === 'wait' ? after.delayMs : 1_000);
          }
          if (next.role === requested && log.unclear?.role === requested) return shownAfter;
        }
      }

      function again(delayMs: number): 'again' {
        leave(delayMs);
        return 'again';
      }
    }
    return undefined;
  }
}

/** Mulberry32: small, and the same everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
