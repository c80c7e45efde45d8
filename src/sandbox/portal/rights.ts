import { accessDenied, rightMissing } from './errors.js';
import { typeOf, type Employee, type EmployeeType, type ShownType } from './employee.js';

/** Who may do what to whom (docspace-api.md §1.1, §2, §3.3). An `assert` function throws the portal's error. */

export function isAdministrator(caller: Employee): boolean {
  return ['Owner', 'DocSpaceAdmin'].includes(typeOf(caller));
}

export function assertAdministrator(caller: Employee): void {
  if (!isAdministrator(caller)) throw rightMissing();
}

/** The right to add or change people of a type. */
export function assertMayAdd(caller: Employee, type: EmployeeType): void {
  if (isAdministrator(caller)) return;
  if (typeOf(caller) !== 'RoomAdmin' || (type !== 'User' && type !== 'Guest')) throw rightMissing();
}

export function assertMayCreate(caller: Employee, type: EmployeeType): void {
  assertMayAdd(caller, type);
  if (type === 'DocSpaceAdmin' && typeOf(caller) !== 'Owner') throw accessDenied();
}

export function maySee(caller: Employee, target: Employee): boolean {
  if (caller.id === target.id || isAdministrator(caller)) return true;
  return typeOf(caller) === 'RoomAdmin' && (typeOf(target) !== 'Guest' || target.createdBy === caller.id);
}

/** Only the owner may manage an administrator, and nobody may manage the owner. */
export function assertMayManage(caller: Employee, target: Employee | undefined): asserts target is Employee {
  assertAdministrator(caller);
  if (!target || typeOf(target) === 'Owner') throw accessDenied();
  if (typeOf(target) === 'DocSpaceAdmin' && typeOf(caller) !== 'Owner') throw accessDenied();
}

/** `PUT /people/type/{type}` raises a type. The owner may also make a DocSpaceAdmin a RoomAdmin. */
export function assertMayChangeType(caller: Employee, target: Employee, to: EmployeeType): void {
  assertMayAdd(caller, to);
  const steps: Record<string, readonly ShownType[]> = {
    'Guest>User': ['Owner', 'DocSpaceAdmin', 'RoomAdmin'],
    'Guest>RoomAdmin': ['Owner', 'DocSpaceAdmin'],
    'User>RoomAdmin': ['Owner', 'DocSpaceAdmin'],
    'Guest>DocSpaceAdmin': ['Owner'],
    'User>DocSpaceAdmin': ['Owner'],
    'RoomAdmin>DocSpaceAdmin': ['Owner'],
    'DocSpaceAdmin>RoomAdmin': ['Owner'],
  };
  const isAllowed = steps[`${typeOf(target)}>${to}`]?.includes(typeOf(caller)) ?? false;
  if (!isAllowed || caller.id === target.id || target.status === 2 || !maySee(caller, target)) throw accessDenied();
}
