export interface PersonName {
  firstName: string;
  lastName: string;
}

/**
 * Whether an account has the name of a person: `different` if the first or the last name differs, as after a
 * marriage; `conflict` if both differ, so the account most likely belongs to somebody else.
 */
export function compareNames(person: PersonName, account: PersonName): 'same' | 'different' | 'conflict' {
  const isSameFirst = isSameName(person.firstName, account.firstName);
  const isSameLast = isSameName(person.lastName, account.lastName);
  if (isSameFirst && isSameLast) return 'same';
  return isSameFirst || isSameLast ? 'different' : 'conflict';
}

/** The name at the portal, if a name was requested and it is another one. */
export function differingName(person: Partial<PersonName>, account: PersonName): { otherName?: string } {
  const { firstName, lastName } = person;
  if (firstName === undefined || lastName === undefined) return {};
  return compareNames({ firstName, lastName }, account) === 'same' ? {} : { otherName: fullName(account) };
}

export const fullName = ({ firstName, lastName }: PersonName): string => `${firstName} ${lastName}`.trim();

function isSameName(one: string, other: string): boolean {
  return normalize(one) === normalize(other);
}

function normalize(name: string): string {
  return name.trim().normalize('NFC').toLowerCase();
}
