import { z } from 'zod';
import { parseRole, unknownRole } from '../domain/roles.js';
import { emailProblem, normalizeEmail } from '../domain/email.js';
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

/** A person to be onboarded. Options and files share this schema. */
export const personSchema = z.object({
  firstName: z.string().trim().normalize('NFC').superRefine(refuse(firstNameProblem)),
  lastName: z.string().trim().normalize('NFC').superRefine(refuse(lastNameProblem)),
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
