import type { Context } from 'hono';
import { collationKey } from './collation.js';
import type { Departments } from './departments.js';
import { employeeTypes, isFree, typeOf, type Employee } from './employee.js';
import type { Env, Portal } from './env.js';
import { accessDenied } from './errors.js';
import { readPage } from './pages.js';
import { isAdministrator, maySee } from './rights.js';

/** `GET /people/filter` (docspace-api.md §2): a page of the people, and the number on all pages. */

type Query = Record<string, string | undefined>;

const sortKeys: Record<string, (employee: Employee) => string> = {
  firstname: ({ firstName }) => firstName,
  lastname: ({ lastName }) => lastName,
  displayname: ({ firstName, lastName }) => `${firstName} ${lastName}`,
  email: ({ email }) => email,
  registrationdate: ({ registrationDate }) => registrationDate,
};

/** Keeps a searched and sorted list until somebody changes, because its pages are read one after another. */
export class Lists {
  private last: { key: string; found: Employee[] } | undefined;

  constructor(private readonly portal: Portal) {}

  page({ req, var: { caller } }: Context<Env>, given: Query = {}): { page: Employee[]; total: number } {
    if (isFree(typeOf(caller))) throw accessDenied();
    const { count, startIndex, ...query } = { ...req.query(), ...given };
    const { size, start } = readPage({ count, startIndex });
    const types = req.queries('employeeTypes') ?? [];
    const key = JSON.stringify([this.portal.people.version, caller.id, query, types]);
    if (this.last?.key !== key) this.last = { key, found: this.find(caller, query, types) };
    const { found } = this.last;
    return { page: inPageOrder(found, start, query).slice(start, start + size), total: found.length };
  }

  private find(caller: Employee, query: Query, types: readonly string[]): Employee[] {
    const { people, departments } = this.portal;
    const hasName = nameFilter(query);
    const found = people.all().filter((employee) => {
      if (!maySee(caller, employee) || !hasStatus(employee, caller, query)) return false;
      if (!hasType(employee, query, types) || !isInDepartment(employee, departments, query)) return false;
      return isInvitedBy(employee, caller, query) && hasName(employee);
    });
    return sorted(found, query);
  }
}

const pending = 4;
const activeOnly = ['1', '5', 'active', 'default'];

function hasStatus({ status, activationStatus }: Employee, caller: Employee, query: Query): boolean {
  const asked = query['employeeStatus']?.toLowerCase() ?? 'all';
  const askedActivation = query['activationStatus'];
  if (askedActivation !== undefined && askedActivation !== String(activationStatus)) return false;
  if (activeOnly.includes(asked)) return status === 1;
  if (asked === 'pending' || asked === String(pending)) return status === pending;
  if (status === 2 && !isAdministrator(caller)) return false;
  return asked === 'terminated' || asked === '2' ? status === 2 : true;
}

/** The owner counts as a DocSpaceAdmin. */
function hasType(employee: Employee, query: Query, types: readonly string[]): boolean {
  const type = typeOf(employee) === 'Owner' ? 'DocSpaceAdmin' : (typeOf(employee) as keyof typeof employeeTypes);
  const isType = (asked: string): boolean =>
    [type.toLowerCase(), String(employeeTypes[type])].includes(asked.toLowerCase());
  const { employeeType, area, isAdministrator: asksForAdministrators } = query;
  if (employeeType !== undefined && !isType(employeeType)) return false;
  if (types.length > 0 && !types.some(isType)) return false;
  if (asksForAdministrators === 'true' && type !== 'DocSpaceAdmin') return false;
  if (area === undefined || area.toLowerCase() === 'all') return true;
  return (area.toLowerCase() === 'guests') === (type === 'Guest');
}

function isInDepartment({ id }: Employee, departments: Departments, query: Query): boolean {
  const { groupId, excludeGroup, withoutGroup } = query;
  if (withoutGroup === 'true') return departments.of(id).length === 0;
  if (groupId === undefined) return true;
  return departments.hasMember(groupId.toLowerCase(), id) !== (excludeGroup === 'true');
}

function isInvitedBy({ createdBy }: Employee, caller: Employee, { invitedByMe, inviterId }: Query): boolean {
  if (invitedByMe === 'true' && createdBy !== caller.id) return false;
  return inviterId === undefined || createdBy === inviterId.toLowerCase();
}

/**
 * Names and e-mail must contain every word of `filterValue`, or, with a `filterSeparator`, one of its parts. The portal
 * trims the value but not its parts, and an empty part matches everyone. It lower-cases the value but not the separator,
 * and ignores a separator of white space.
 */
function nameFilter({ filterValue = '', filterSeparator = '' }: Query): (employee: Employee) => boolean {
  const value = filterValue.trim().toLowerCase();
  if (value === '') return () => true;
  const isOr = filterSeparator.trim() !== '';
  const keys = value.split(isOr ? filterSeparator : /\s+/).map(collationKey);
  return ({ firstName, lastName, email }) => {
    const texts = [firstName, lastName, email].map(collationKey);
    const isContained = (key: string): boolean => texts.some((text) => text.includes(key));
    return isOr ? keys.some(isContained) : keys.every(isContained);
  };
}

/** Without `sortBy`, the random ids determine the order. */
function sorted(people: Employee[], { sortBy, sortOrder = 'ascending' }: Query): Employee[] {
  const sortKey = sortKeys[sortBy?.toLowerCase() ?? ''];
  const key = (employee: Employee): string => (sortKey ? collationKey(sortKey(employee)).toUpperCase() : employee.id);
  const ascending = people.toSorted((one, other) => (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0));
  return sortOrder.toLowerCase().startsWith('desc') ? ascending.toReversed() : ascending;
}

/** Without `sortBy`, later pages use another order, because no client may rely on one. */
function inPageOrder(people: Employee[], start: number, { sortBy }: Query): Employee[] {
  const isSpecified = sortKeys[sortBy?.toLowerCase() ?? ''] !== undefined;
  return isSpecified || start === 0 ? people : people.toReversed();
}
