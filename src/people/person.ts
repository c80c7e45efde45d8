import { z } from 'zod';
import { parseRole, unknownRole } from '../domain/roles.js';
import { emailProblem, normalizeEmail } from '../domain/email.js';
import { groupsProblem, roomsProblems, splitPlaces } from '../domain/place-names.js';
import { firstNameProblem, lastNameProblem } from '../domain/person-rules.js';

const refuse = (problemOf: (text: string) => string | undefined) => (text: string, context: z.RefinementCtx) => {
  const message = problemOf(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
};

/** An e-mail, which is normalized. */
export const emailSchema = z.string().superRefine(refuse(emailProblem)).transform(normalizeEmail);

/** A role as requested. The documented call needs the original word. */
export const roleSchema = z
  .string()
  .trim()
  .superRefine(refuse((word) => (parseRole(word) ? undefined : unknownRole(word))));

/** Groups or rooms: a cell such as `5a; Teachers`, or a list. */
const placesSchema = z
  .union([z.string(), z.string().array()], { error: 'text such as "5a; Teachers" or a list of texts is expected' })
  .transform((places) => [
    ...new Set(typeof places === 'string' ? splitPlaces(places) : places.flatMap((place) => place.trim() || [])),
  ])
  .optional();

/** A person to be onboarded. Options and files share this schema. */
export const personSchema = z
  .object({
    firstName: z.string().trim().normalize('NFC').superRefine(refuse(firstNameProblem)),
    lastName: z.string().trim().normalize('NFC').superRefine(refuse(lastNameProblem)),
    email: emailSchema,
    role: roleSchema,
    groups: placesSchema,
    rooms: placesSchema.superRefine((rooms = [], context) => {
      for (const message of roomsProblems(rooms)) context.addIssue({ code: 'custom', message });
    }),
  })
  .superRefine(({ groups = [], role }, context) => {
    const message = groupsProblem(groups, role);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['groups'], message });
  })
  .transform(({ groups = [], rooms = [], ...person }) => ({
    ...person,
    ...(groups.length > 0 && { groups }),
    ...(rooms.length > 0 && { rooms }),
  }));

export type Person = z.infer<typeof personSchema>;

/** The documented example of the API page. */
export const exampleInput = {
  firstName: 'John',
  lastName: 'Doe',
  email: 'john.doe@example.com',
  role: 'Manager',
} as const satisfies Person;
