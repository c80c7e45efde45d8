import { typeOf, type Employee } from './employee.js';

/**
 * `EmployeeFullDto` and `EmployeeDto` (docspace-api.md §1.2). They have flags instead of a type, and no null members.
 */

/** A department as profiles and lists of somebody's groups show it. */
export interface DepartmentShown {
  id: string;
  name: string;
  /** A user name. */
  manager?: string;
}

/** What a profile shows depends on the portal's address and on the caller. */
export interface View {
  origin: string;
  /** Missing if the caller may not know. */
  departments: readonly DepartmentShown[] | undefined;
  /** Missing if the caller may not know, or if there is no creator. */
  creator: Employee | undefined;
  showsUsedSpace: boolean;
  isSelf: boolean;
}

export function fullProfile(employee: Employee, view: View): Record<string, unknown> {
  const { departments } = view;
  const type = typeOf(employee);
  return {
    firstName: employee.firstName,
    lastName: employee.lastName,
    userName: employee.userName,
    email: employee.email,
    status: employee.status,
    activationStatus: employee.activationStatus,
    ...(employee.terminatedDate && { terminated: employee.terminatedDate }),
    ...(departments && { department: departments.map(({ name }) => name).join(', ') }),
    ...(departments && departments.length > 0 && { groups: departments }),
    ...(employee.notes !== '' && { notes: employee.notes }),
    isAdmin: type === 'DocSpaceAdmin',
    isRoomAdmin: type === 'RoomAdmin',
    isLDAP: false,
    isOwner: type === 'Owner',
    isVisitor: type === 'Guest',
    isCollaborator: type === 'User',
    ...(employee.cultureName && { cultureName: employee.cultureName }),
    mobilePhoneActivationStatus: 0,
    isSSO: false,
    ...(view.isSelf && { theme: 'System' }),
    ...(view.showsUsedSpace && { usedSpace: 0 }),
    ...(view.isSelf && { loginEventId: 0 }),
    ...(view.creator && { createdBy: shortProfile(view.creator, view.origin) }),
    registrationDate: employee.registrationDate,
    ...(view.isSelf && { hasPersonalFolder: type !== 'Guest' }),
    ...shortProfile(employee, view.origin),
  };
}

export function shortProfile(employee: Employee, origin: string): Record<string, unknown> {
  return {
    id: employee.id,
    displayName: displayName(employee),
    avatar: photo('48-48'),
    avatarOriginal: photo('200-200'),
    avatarMax: photo('200-200'),
    avatarMedium: photo('48-48'),
    avatarSmall: photo('32-32'),
    profileUrl: profileUrl(employee, origin),
    hasAvatar: false,
    isAnonim: false,
  };
}

/** The last name of a Chinese name comes first, without a space. */
function displayName({ firstName, lastName, email }: Employee): string {
  const isChinese = /^\p{Script=Han}+$/u.test(firstName + lastName);
  const name = isChinese ? `${lastName}${firstName}` : `${firstName} ${lastName}`.trim();
  return htmlEncode(name || email);
}

/** As .NET's `HttpUtility.HtmlEncode`: `O'Brien` becomes `O&#39;Brien`, and `ü` becomes `&#252;`. */
function htmlEncode(text: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/[&<>"'\u00a0-\u00ff]/g, (character) => named[character] ?? `&#${character.charCodeAt(0)};`);
}

/** A deleted account has no e-mail to search for. */
function profileUrl(employee: Employee, origin: string): string {
  const list = typeOf(employee) === 'Guest' ? 'guests' : 'people';
  return `${origin}/accounts/${list}/filter?search=${employee.isRemoved ? '' : formEncode(employee.email.toLowerCase())}`;
}

/** As .NET's `HttpUtility.UrlEncode`. */
function formEncode(text: string): string {
  const encoded = encodeURIComponent(text).replaceAll("'", '%27').replaceAll('~', '%7e').replaceAll('%20', '+');
  return encoded.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

function photo(size: string): string {
  return `/static/images/default_user_photo_size_${size}.png?hash=1`;
}
