import { isListed, type CompactResult, type PersonResult } from './batch.js';

/** What a batch keeps of its results, because retention may delete its chunks first. */

/** The server accepts payloads of up to 2 MB. The rest of a batch's state fits into the difference. */
export const maxKeptBytes = 1_500_000;

export function compactResults(people: readonly PersonResult[]): CompactResult[] {
  const groups = new Map<string, CompactResult>();
  for (const [place, person] of people.entries()) {
    const { userId, email, ...shared } = person;
    const isNamed = isListed(person) && email !== '';
    const key = JSON.stringify([shared, isNamed, userId === undefined]);
    const group = groups.get(key) ?? { ...shared, places: [] };
    group.places.push(place);
    if (isNamed) (group.emails ??= []).push(email);
    if (userId !== undefined) (group.userIds ??= []).push(userId);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** In the order of the file. An e-mail is empty if it was not kept. */
export function expandResults(results: readonly CompactResult[]): PersonResult[] {
  const people: PersonResult[] = [];
  for (const { places, emails, userIds, ...shared } of results) {
    for (const [index, place] of places.entries()) {
      const userId = userIds?.[index];
      people[place] = { ...shared, email: emails?.[index] ?? '', ...(userId !== undefined && { userId }) };
    }
  }
  return people;
}

/** Leaves out user ids if the results need too many bytes, and then everything but state and role. */
export function limitResults(results: CompactResult[], maxBytes: number): CompactResult[] {
  if (bytesOf(results) <= maxBytes) return results;
  const withoutIds = results.map(({ userIds: _userIds, ...rest }) => rest);
  if (bytesOf(withoutIds) <= maxBytes) return withoutIds;
  return compactResults(
    expandResults(withoutIds).map(({ state, role, created }) => {
      return { email: '', state, ...(role && { role }), ...(created && { created }) };
    }),
  );
}

function bytesOf(results: readonly CompactResult[]): number {
  return new TextEncoder().encode(JSON.stringify(results)).length;
}
