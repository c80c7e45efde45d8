import { collationKey } from './collation.js';
import { accessDenied, ValidationError } from './envelope.js';
import { employeeTypes, isFree, typeOf, type Employee } from './employee.js';
import type { People } from './people.js';
import { isAdministrator, maySee } from './rights.js';

/** `GET /people/filter` (docspace-api.md §2): a page of the people, and how many there are on all pages. */

type Query = Record<string, string | undefined>;

const sortKeys: Record<string, (employee: Employee) => string> = {
  firstname: ({ firstName }) => firstName,
  lastname: ({ lastName }) => lastName,
  displayname: ({ firstName, lastName }) => `${firstName} ${lastName}`,
  email: ({ email }) => email,
  registrationdate: ({ registrationDate }) => registrationDate,
};

const pending = 4;
const activeOnly = ['1', '5', 'active', 'default'];

/** Pages of one list come one after the other: it is looked through and sorted once, until somebody changes. */
export class Lists {
  private last: { key: string; found: Employee[] } | undefined;

  constructor(private readonly people: People) {}

  page(caller: Employee, { count, startIndex, ...query }: Query): { page: Employee[]; total: number } {
    if (isFree(typeOf(caller))) throw accessDenied();
    const size = readNumber('count', count, { from: 1, to: 100, without: 100 });
    const start = readNumber('startIndex', startIndex, { from: 0, to: 2 ** 31 - 1, without: 0 });
    const key = JSON.stringify([this.people.version, caller.id, query]);
    if (this.last?.key !== key) this.last = { key, found: this.find(caller, query) };
    const { found } = this.last;
    return { page: inSomeOrder(found, start, query).slice(start, start + size), total: found.length };
  }

  private find(caller: Employee, query: Query): Employee[] {
    const found = this.people
      .all()
      .filter((employee) => maySee(caller, employee) && hasStatus(employee, caller, query) && matches(employee, query));
    return sorted(found, query);
  }
}

function hasStatus({ status }: Employee, caller: Employee, { employeeStatus = 'all' }: Query): boolean {
  const asked = employeeStatus.toLowerCase();
  if (activeOnly.includes(asked)) return status === 1;
  if (asked === 'pending' || asked === String(pending)) return status === pending;
  if (status === 2 && !isAdministrator(caller)) return false;
  return asked === 'terminated' || asked === '2' ? status === 2 : true;
}

function matches(employee: Employee, query: Query): boolean {
  if (!containsFilterValue(employee, query)) return false;
  const { employeeType } = query;
  if (employeeType === undefined) return true;
  const type = typeOf(employee) === 'Owner' ? 'DocSpaceAdmin' : typeOf(employee);
  return [type.toLowerCase(), String(employeeTypes[type as keyof typeof employeeTypes])].includes(
    employeeType.toLowerCase(),
  );
}

/**
 * Names and e-mail contain every word of `filterValue`, or, with a `filterSeparator`, one of its parts. The portal trims
 * the value but not its parts, and an empty part matches everyone. It lower-cases the value but not the separator, and
 * takes a separator of white space for none.
 */
function containsFilterValue(employee: Employee, { filterValue = '', filterSeparator = '' }: Query): boolean {
  const texts = [employee.firstName, employee.lastName, employee.email].map(collationKey);
  const isContained = (part: string): boolean => texts.some((text) => text.includes(collationKey(part)));
  const value = filterValue.trim().toLowerCase();
  if (value === '') return true;
  if (filterSeparator.trim() !== '') return value.split(filterSeparator).some(isContained);
  return value.split(/\s+/).every(isContained);
}

function sorted(people: Employee[], { sortBy, sortOrder = 'ascending' }: Query): Employee[] {
  const key = sortKeys[sortBy?.toLowerCase() ?? ''];
  if (!key) return people;
  const ascending = people.toSorted((one, other) => (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0));
  return sortOrder.toLowerCase().startsWith('desc') ? ascending.toReversed() : ascending;
}

/** Without `sortBy` the order is unspecified: here the pages after the first come of another one, so that nobody counts on it. */
function inSomeOrder(people: Employee[], start: number, { sortBy }: Query): Employee[] {
  const specified = sortKeys[sortBy?.toLowerCase() ?? ''] !== undefined;
  return specified || start === 0 ? people : people.toReversed();
}

function readNumber(
  name: string,
  text: string | undefined,
  { from, to, without }: { from: number; to: number; without: number },
): number {
  if (text === undefined) return without;
  const member = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  if (!/^-?\d+$/.test(text))
    throw new ValidationError({ [member]: [`The value '${text}' is not valid for ${member}.`] });
  if (Number(text) < from || Number(text) > to) {
    throw new ValidationError({ [member]: [`The field ${member} must be between ${from} and ${to}.`] });
  }
  return Number(text);
}
