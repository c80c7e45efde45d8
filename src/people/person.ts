import { z } from 'zod';
import { parseRole, unknownRole } from '../domain/roles.js';
import { normaliseEmail } from '../domain/email.js';
import { emailProblem, firstNameProblem, lastNameProblem } from '../domain/person-rules.js';

const checked = (problemOf: (text: string) => string | undefined) => (text: string, context: z.RefinementCtx) => {
  const message = problemOf(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
};

/** An e-mail in its one form. */
export const emailSchema = z.string().transform(normaliseEmail).superRefine(checked(emailProblem));

/** A role as it was asked for: the word is kept, for the documented call takes it as it is written. */
export const roleSchema = z
  .string()
  .trim()
  .superRefine(checked((word) => (parseRole(word) ? undefined : unknownRole(word))));

/** Who is to be onboarded: one schema for flags and files. */
export const personSchema = z.object({
  firstName: z.string().trim().normalize('NFC').superRefine(checked(firstNameProblem)),
  lastName: z.string().trim().normalize('NFC').superRefine(checked(lastNameProblem)),
  email: emailSchema,
  role: roleSchema,
});

export type Person = z.infer<typeof personSchema>;

/** The documented example of the API page. */
export const exampleInput = {
  firstName: 'John',
  lastName: 'Doe',
  email: 'john.doe@example.com',
  role: 'Manager',
} as const satisfies Person;
