import { portalLimits } from '../../docspace/rate-limit/limits.js';
import { isPaid, parseRole } from '../../domain/roles.js';
import { Exit, exitCodes } from '../../program/exit.js';
import type { Person } from '../../people/person.js';
import { confirm } from '../../terminal/confirm.js';
import { info } from '../../terminal/print.js';
import type { BatchOptions } from '../../contract/batch.js';
import type { ImportRequest } from './read-import.js';
import { isOnThisMachine } from '../../utils/loopback.js';
import { formatCount } from '../../utils/format-count.js';

/** What an import is going to do, as far as the file tells. */
interface Plan {
  accounts: number;
  mails: number;
  paidSeats: number;
  /** Calls that the portal counts as writes. */
  writes: number;
}

const { writesPerDay } = portalLimits;

export function planOf(people: readonly Person[], { mail }: BatchOptions): Plan {
  const roles = people.map(({ role }) => parseRole(role));
  const guests = roles.filter((role) => role === 'Guest').length;
  const paidSeats = roles.filter((role) => role && isPaid(role)).length;
  return {
    accounts: people.length,
    mails: mail ? people.length - guests : 0, // a Guest is created by a call that sends none
    paidSeats,
    writes: people.length + paidSeats,
  };
}

/** Says what is going to happen, before anything does. */
export function sayPlan(plan: Plan, portal: string): void {
  info(`${sentenceOf(plan)}, at ${portal}`);
  if (isOnThisMachine(portal) || plan.writes <= writesPerDay) return;
  const days = Math.ceil(plan.writes / writesPerDay);
  info(
    `A portal takes ${formatCount(writesPerDay)} writes a day from one account, and this needs about ${formatCount(plan.writes)}: it waits for the next day ${days - 1} times.`,
  );
}

function sentenceOf({ accounts, mails, paidSeats }: Plan): string {
  return `${formatCount(accounts)} accounts, ${formatCount(mails)} activation mails, ${formatCount(paidSeats)} paid seats`;
}

/** @throws {Exit} where more paid seats are needed than were allowed */
export function guardPaid(paidSeats: number, maxPaid: number | undefined): void {
  if (maxPaid === undefined || paidSeats <= maxPaid) return;
  throw new Exit(
    exitCodes.guarded,
    `${formatCount(paidSeats)} paid seats are needed, and --max-paid allows ${formatCount(maxPaid)}; nothing was started`,
    'RoomAdmin (also: Manager) and DocSpaceAdmin are paid. Change the roles, or allow more.',
  );
}

/** @throws {Exit} where nobody says yes to what is going to be made at a portal that is not on this machine */
export async function guardImport(plan: Plan, portal: string, { file, yes }: ImportRequest): Promise<void> {
  if (yes || isOnThisMachine(portal)) return;
  // Where the people come on standard input, nobody can answer there.
  if (file !== '-' && (await confirm(`Really make ${sentenceOf(plan)} at ${portal}?`))) return;
  const why = `this would make ${sentenceOf(plan)} at ${portal}; nothing was started`;
  throw new Exit(exitCodes.guarded, why, 'Look at it with --dry-run, then say --yes.');
}
