import { typeOf, type Employee } from './employee.js';

/**
 * `EmployeeFullDto` (docspace-api.md §1.2). There is no type in it: only flags, and null members are left out.
 *
 * @param creator where the caller may know
 */
export function profileOf(employee: Employee, creator: Employee | undefined): Record<string, unknown> {
  const type = typeOf(employee);
  const displayName = encode(`${employee.firstName} ${employee.lastName}`.trim() || employee.email);
  return {
    firstName: employee.firstName,
    lastName: employee.lastName,
    userName: employee.userName,
    email: employee.email,
    status: employee.status,
    activationStatus: employee.activationStatus,
    ...(employee.status === 2 && { terminated: employee.registrationDate }),
    department: '',
    ...(employee.notes !== '' && { notes: employee.notes }),
    isAdmin: type === 'DocSpaceAdmin',
    isRoomAdmin: type === 'RoomAdmin',
    isLDAP: false,
    isOwner: type === 'Owner',
    isVisitor: type === 'Guest',
    isCollaborator: type === 'User',
    mobilePhoneActivationStatus: 0,
    isSSO: false,
    ...(creator && { createdBy: { id: creator.id, displayName: encode(`${creator.firstName} ${creator.lastName}`) } }),
    registrationDate: employee.registrationDate,
    id: employee.id,
    displayName,
    avatar: photo('48-48'),
    avatarOriginal: photo('200-200'),
    avatarMax: photo('200-200'),
    avatarMedium: photo('48-48'),
    avatarSmall: photo('32-32'),
    profileUrl: `/accounts/people/filter?search=${encodeURIComponent(employee.email)}`,
    hasAvatar: false,
    isAnonim: false,
  };
}

/** Display names come HTML-encoded: `O'Brien` is `O&#39;Brien`. */
function encode(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll("'", '&#39;').replaceAll('<', '&lt;');
}

function photo(size: string): string {
  return `/static/images/default_user_photo_size_${size}.png?hash=1`;
}
