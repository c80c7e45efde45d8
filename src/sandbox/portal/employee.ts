import { randomUUID } from 'node:crypto';

/** Numbers of `EmployeeType` (docspace-api.md §3.2). */
export const employeeTypes = { All: 0, RoomAdmin: 1, Guest: 2, DocSpaceAdmin: 3, User: 4 } as const;
export type EmployeeType = keyof typeof employeeTypes;
export type ShownType = Exclude<EmployeeType, 'All'> | 'Owner';

export type Group = 'Admin' | 'User' | 'Guest';

/** A row of the portal. Its type is not a column: it follows from the groups (docspace-api.md §9). */
export interface Employee {
  id: string;
  firstName: string;
  lastName: string;
  userName: string;
  email: string;
  notes: string;
  groups: Group[];
  owner: boolean;
  /** 1 active, 2 terminated, 4 pending. */
  status: 1 | 2 | 4;
  activationStatus: number;
  registrationDate: string;
  createdBy: string | null;
  removed: boolean;
}

/**
 * Somebody in no group is a RoomAdmin: what a create leaves that stops before its last step. A User who was made a Guest
 * is in both groups (docspace-api.md §3.1).
 */
export function typeOf(employee: Employee): ShownType {
  if (employee.owner) return 'Owner';
  if (employee.groups.includes('Admin')) return 'DocSpaceAdmin';
  if (employee.groups.includes('Guest')) return 'Guest';
  return employee.groups.includes('User') ? 'User' : 'RoomAdmin';
}

export function groupsOf(type: ShownType): Group[] {
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

export function isFree(type: ShownType): boolean {
  return type === 'Guest' || type === 'User';
}

export function newEmployee(person: Pick<Employee, 'firstName' | 'lastName' | 'email' | 'notes'>): Employee {
  return {
    id: randomUUID(),
    ...person,
    userName: '',
    groups: [],
    owner: false,
    status: 1,
    activationStatus: 2,
    registrationDate: new Date().toISOString().replace('Z', '0000Z'),
    createdBy: null,
    removed: false,
  };
}
