import { exampleInput, personSchema, type Person } from '../../people/person.js';

const optionNames: Record<keyof Person, string> = {
  firstName: '--first-name',
  lastName: '--last-name',
  email: '--email',
  role: '--role',
  groups: '--group',
  rooms: '--room',
};

/** The person that the options name, or the documented example if they name nobody. Adds errors to `problems`. */
export function parsePerson(
  person: Partial<Record<keyof Person, unknown>>,
  problems: string[],
): { person: Person; isExample: boolean } {
  const isExample = Object.values(person).every((value) => value === undefined);
  const parsed = personSchema.safeParse(isExample ? exampleInput : person);
  if (parsed.success) return { person: parsed.data, isExample };
  for (const { path, message, code } of parsed.error.issues) {
    const name = optionNames[path[0] as keyof Person];
    problems.push(code === 'invalid_type' ? `${name} is missing` : `${name}: ${message}`);
  }
  return { person: exampleInput, isExample };
}
