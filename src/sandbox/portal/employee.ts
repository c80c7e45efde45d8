import { randomUUID } from 'node:crypto';

/** Numbers of `EmployeeType` (docspace-api.md §3.2). */
export const employeeTypes = { All: 0, RoomAdmin: 1, Guest: 2, DocSpaceAdmin: 3, User: 4 } as const;
export type EmployeeType = keyof typeof employeeTypes;
export type ShownType = Exclude<EmployeeType, 'All'> | 'Owner';

export type Group = 'Admin' | 'User' | 'Guest';

/** A person. The type is not a column; it follows from the groups (docspace-api.md §9). */
export interface Employee {
  id: string;
  firstName: string;
  lastName: string;
  userName: string;
  email: string;
  notes: string;
  groups: readonly Group[];
  isOwner: boolean;
  /** 1 active, 2 terminated, 4 pending. */
  status: 1 | 2 | 4;
  activationStatus: number;
  registrationDate: string;
  createdBy: string | null;
  cultureName?: string | undefined;
  /** Only `PUT /people/{id} {disable}` sets it. */
  terminatedDate?: string | undefined;
  hasPassword: boolean;
  isRemoved: boolean;
}

/**
 * The type that the groups define. An account in no group is a RoomAdmin, which is what a create leaves if it stops
 * before its last statement. A User who was made a Guest is in both groups (docspace-api.md §3.1).
 */
export function typeOf({ isOwner, groups }: Pick<Employee, 'isOwner' | 'groups'>): ShownType {
  if (isOwner) return 'Owner';
  if (groups.includes('Admin')) return 'DocSpaceAdmin';
  if (groups.includes('Guest')) return 'Guest';
  return groups.includes('User') ? 'User' : 'RoomAdmin';
}

export function groupsOf(type: ShownType | 'All'): Group[] {
  switch (type) {
    case 'DocSpaceAdmin':
      return ['Admin'];
    case 'User':
      return ['User'];
    case 'Guest':
      return ['Guest'];
    default:
      return [];
  }
}

/** Users and Guests take no paid seat. */
export function isFree(type: ShownType | 'All'): boolean {
  return type === 'Guest' || type === 'User';
}

/** The database keeps no fractions of a second. */
export function wholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}.0000000Z`;
}

export function newEmployee(person: Pick<Employee, 'firstName' | 'lastName' | 'email' | 'notes'>): Employee {
  return {
    id: randomUUID(),
    ...person,
    userName: '',
    groups: [],
    isOwner: false,
    status: 1,
    activationStatus: 2,
    registrationDate: wholeSeconds(new Date()),
    createdBy: null,
    hasPassword: false,
    isRemoved: false,
  };
}
