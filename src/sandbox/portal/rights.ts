import { typeOf, type Employee, type EmployeeType, type ShownType } from './employee.js';

/** Who may do what to whom (docspace-api.md §1.1, §2, §3.3). */

export function mayCreate(caller: Employee, type: EmployeeType): boolean {
  switch (typeOf(caller)) {
    case 'Owner':
      return true;
    case 'DocSpaceAdmin':
      return type !== 'DocSpaceAdmin';
    case 'RoomAdmin':
      return type === 'User' || type === 'Guest';
    default:
      return false;
  }
}

export function maySee(caller: Employee, target: Employee): boolean {
  if (caller.id === target.id) return true;
  switch (typeOf(caller)) {
    case 'Owner':
    case 'DocSpaceAdmin':
      return true;
    case 'RoomAdmin':
      return typeOf(target) !== 'Guest' || target.createdBy === caller.id;
    default:
      return false;
  }
}

export function isAdministrator(caller: Employee): boolean {
  return ['Owner', 'DocSpaceAdmin'].includes(typeOf(caller));
}

/** Only the owner may manage an administrator, and nobody may manage the owner. */
export function mayManage(caller: Employee, target: Employee): boolean {
  if (typeOf(target) === 'Owner') return false;
  return typeOf(caller) === 'Owner' || (typeOf(caller) === 'DocSpaceAdmin' && typeOf(target) !== 'DocSpaceAdmin');
}

/** `PUT /people/type/{type}`: upwards, and for the owner from DocSpaceAdmin back to RoomAdmin. */
export function mayChangeType(caller: Employee, target: Employee, to: EmployeeType): boolean {
  if (caller.id === target.id || target.status === 2) return false;
  const steps: Record<string, readonly ShownType[]> = {
    'Guest>User': ['Owner', 'DocSpaceAdmin', 'RoomAdmin'],
    'Guest>RoomAdmin': ['Owner', 'DocSpaceAdmin'],
    'User>RoomAdmin': ['Owner', 'DocSpaceAdmin'],
    'Guest>DocSpaceAdmin': ['Owner'],
    'User>DocSpaceAdmin': ['Owner'],
    'RoomAdmin>DocSpaceAdmin': ['Owner'],
    'DocSpaceAdmin>RoomAdmin': ['Owner'],
  };
  const allowed = steps[`${typeOf(target)}>${to}`]?.includes(typeOf(caller)) ?? false;
  return allowed && maySee(caller, target);
}
