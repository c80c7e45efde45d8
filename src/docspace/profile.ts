import { z } from 'zod';
import { normalizeEmail } from '../domain/email.js';
import type { ShownRole } from '../domain/roles.js';

/** The members of docspace-api.md §1.2 that this program reads. */
const profileMembers = z.object({
  id: z.guid(),
  firstName: z.string().default(''),
  lastName: z.string().default(''),
  email: z.string(),
  status: z.number().default(1),
  notes: z.string().optional(),
  createdBy: z.object({ id: z.string() }).optional().catch(undefined),
  registrationDate: z.string().optional().catch(undefined),
  groups: z.object({ id: z.string() }).array().default([]),
  isOwner: z.boolean().default(false),
  isAdmin: z.boolean().default(false),
  isRoomAdmin: z.boolean().default(false),
  isCollaborator: z.boolean().default(false),
  isVisitor: z.boolean().default(false),
});

/** The portals that we know omit a member without a value. Another version may write null. */
const profileBody = z
  .record(z.string(), z.unknown())
  .transform((body) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)))
  .pipe(profileMembers);

/** A profile has no role member. The flags tell the role; the owner's flag is checked first (docspace-api.md §1.2). */
function roleOf(flags: z.infer<typeof profileMembers>): ShownRole | undefined {
  if (flags.isOwner) return 'Owner';
  if (flags.isAdmin) return 'DocSpaceAdmin';
  if (flags.isRoomAdmin) return 'RoomAdmin';
  if (flags.isCollaborator) return 'User';
  return flags.isVisitor ? 'Guest' : undefined;
}

function stateOf(status: number): 'active' | 'disabled' | 'invited' {
  if (status === 2) return 'disabled';
  return status === 4 ? 'invited' : 'active';
}

export const profileSchema = profileBody.transform((body, context) => {
  const role = roleOf(body);
  if (role === undefined) {
    context.addIssue({ code: 'custom', message: 'no flag in the profile shows the role' });
    return z.NEVER;
  }
  const { firstName, lastName, notes = '', registrationDate } = body;
  return {
    id: body.id.toLowerCase(),
    firstName,
    lastName,
    email: normalizeEmail(body.email),
    role,
    state: stateOf(body.status),
    notes,
    groupIds: body.groups.map((group) => group.id.toLowerCase()),
    createdBy: body.createdBy?.id.toLowerCase(),
    /** Milliseconds since 1970, by the portal's clock. */
    registeredAt: registrationDate === undefined ? undefined : Date.parse(registrationDate) || undefined,
  };
});

/** A person as the portal shows them. */
export type Profile = z.infer<typeof profileSchema>;
