import { WorkflowIds } from '../../codec/workflow-ids.js';
import type { BatchOptions } from '../../contract/batch.js';
import type { Portal } from '../../docspace/portal.js';
import type { FoundPlaces } from '../../contract/places.js';
import { portalLimits } from '../../docspace/rate-limit/limits.js';
import { decideImport } from '../../domain/import-rule.js';
import { isMarkedBy } from '../../domain/ownership-marker.js';
import { isPaid, parseRole, type ShownRole } from '../../domain/roles.js';
import type { ListedPerson } from '../../people/people-list.js';
import type { Person } from '../../people/person.js';
import { Exit, exitCodes } from '../../program/exit.js';
import { confirm } from '../../terminal/confirm.js';
import { info } from '../../terminal/print.js';
import { countOf, formatCount } from '../../utils/format-count.js';
import { inParts } from '../../utils/in-parts.js';
import { isOnThisMachine } from '../../utils/loopback.js';
import { fromPortal } from './from-portal.js';
import { PlacesPlan, type PlannedPlaces } from './plan-places.js';
import type { ImportRequest } from './read-import.js';

/** What an import would do with one person. */
export interface PlannedChange {
  email: string;
  does: 'create' | 'adopt' | 'keep-higher' | 'conflict' | 'nothing to do';
  /** What the portal shows now; `null` if there is no account. */
  shown: ShownRole | null;
  role: string;
  why?: string;
  /** Absent if the row requests no groups or rooms. */
  places?: PlannedPlaces;
}

export interface Plan {
  people: number;
  accounts: number;
  /** Accounts whose role changes. */
  adopted: number;
  keptHigher: number;
  conflicts: number;
  nothingToDo: number;
  mails: number;
  paidSeats: number;
  /** Names of the groups that the import creates. */
  newGroups: string[];
  prospects: PlannedChange[];
}

type Accounts = Awaited<ReturnType<Portal['findByEmails']>>;

/** People per look-up call. */
const lookupSize = 100;

/** Looks everybody up, and decides by the rule of the import. Without a portal, it plans an account for each person. */
export async function planImport(
  portal: Portal | undefined,
  people: readonly Person[],
  { options, settings }: Pick<ImportRequest, 'options' | 'settings'>,
  foundPlaces: FoundPlaces = { groups: [], rooms: [] },
): Promise<Plan> {
  const places = new PlacesPlan(foundPlaces);
  if (portal) await fromPortal(portal, () => places.read(portal));
  const workflowIds = new WorkflowIds(settings.codec);
  const prospects: PlannedChange[] = [];
  for (const group of inParts(people, lookupSize)) {
    const emails = group.map(({ email }) => email);
    const found: Accounts = portal ? await fromPortal(portal, () => portal.findByEmails(emails)) : new Map();
    for (const person of group) {
      const account = found.get(person.email);
      const isOurs = account && isMarkedBy(account.notes, workflowIds.workflowIdFor(person.email));
      const role = parseRole(person.role) ?? 'User';
      const decision = decideImport({ ...person, role }, account && { ...account, isOurs }, options);
      const planned = places.for(person, account);
      const why = 'message' in decision ? { why: decision.message } : {};
      prospects.push({
        email: person.email,
        does: labels[decision.action],
        shown: account?.role ?? null,
        role,
        ...why,
        ...(planned && { places: planned }),
      });
    }
  }
  const newGroups = options.createGroups ? places.missingOf(people) : [];
  return { ...totalsOf(prospects, options), newGroups, prospects };
}

const labels = {
  create: 'create',
  raise: 'adopt',
  lower: 'adopt',
  'keep-higher': 'keep-higher',
  conflict: 'conflict',
  nothing: 'nothing to do',
} as const;

function totalsOf(prospects: readonly PlannedChange[], { mail }: BatchOptions): Omit<Plan, 'newGroups' | 'prospects'> {
  const withAction = (does: PlannedChange['does']): PlannedChange[] => prospects.filter((each) => each.does === does);
  const isPaidRole = ({ role }: PlannedChange): boolean => isPaid(parseRole(role) ?? 'User');
  const [created, adopted] = [withAction('create'), withAction('adopt')];
  return {
    people: prospects.length,
    accounts: created.length,
    adopted: adopted.length,
    keptHigher: withAction('keep-higher').length,
    conflicts: withAction('conflict').length,
    nothingToDo: withAction('nothing to do').length,
    mails: mail ? created.filter(({ role }) => role !== 'Guest').length : 0, // a Guest gets none
    paidSeats: [...created, ...adopted.filter(({ shown }) => !isPaid(shown ?? 'User'))].filter(isPaidRole).length,
  };
}

/** Names each line that requests a room for its owner, who keeps all rights. */
export function printOwners({ prospects }: Plan, people: readonly ListedPerson[]): void {
  for (const [index, { email, places }] of prospects.entries()) {
    if (!places || places.owns.length === 0) continue;
    info(`line ${people[index]?.line}: ${email} owns ${places.owns.join(', ')}; nothing changes there`);
  }
}

/** Prints the planned changes before anything happens. */
export function printPlan(plan: Plan, portal: string): void {
  info(`${formatPlan(plan)}, at ${portal}`);
  const writes = plan.accounts + plan.paidSeats + plan.newGroups.length;
  const { writesPerDay } = portalLimits;
  if (isOnThisMachine(portal) || writes <= writesPerDay) return;
  const allowed = `A portal allows each account ${formatCount(writesPerDay)} writes a day`;
  info(
    `${allowed}. This import needs up to ${formatCount(writes)}, so it takes ${Math.ceil(writes / writesPerDay)} days.`,
  );
}

function formatPlan({ accounts, mails, paidSeats, newGroups, keptHigher, conflicts }: Plan): string {
  const also = [
    newGroups.length > 0 && countOf(newGroups.length, 'new group'),
    keptHigher > 0 && `${formatCount(keptHigher)} keeping a higher role`,
    conflicts > 0 && `${formatCount(conflicts)} in conflict`,
  ].filter(Boolean);
  const counted = `${countOf(accounts, 'account')}, ${countOf(mails, 'activation mail')}, ${countOf(paidSeats, 'paid seat')}`;
  return [counted, ...also].join(', ');
}

/** @throws {Exit} if the import needs more paid seats than allowed */
export function assertSeats({ paidSeats }: Plan, maxPaid: number | undefined): void {
  if (maxPaid === undefined || paidSeats <= maxPaid) return;
  throw new Exit(
    exitCodes.guarded,
    `this import needs ${countOf(paidSeats, 'paid seat')}, and --max-paid allows ${formatCount(maxPaid)}; nothing was started`,
    'RoomAdmin (also: Manager) and DocSpaceAdmin are paid. Change the roles, or allow more.',
  );
}

/** @throws {Exit} if nobody confirms the changes to a portal that is not on this machine */
export async function confirmPlan(plan: Plan, portal: string, { file, yes }: ImportRequest): Promise<void> {
  if (yes || isOnThisMachine(portal)) return;
  // If standard input carries the people, nobody can answer there.
  if (file !== '-' && (await confirm(`Start this import at ${portal}: ${formatPlan(plan)}?`))) return;
  const reason = `this import needs a confirmation: ${formatPlan(plan)}, at ${portal}; nothing was started`;
  throw new Exit(exitCodes.guarded, reason, 'Check it with --dry-run, then add --yes.');
}
