import { z } from 'zod';
import { normalizeEmail } from '../domain/email.js';
import type { ShownRole } from '../domain/roles.js';

/** Members of docspace-api.md §1.2 that this program reads. A portal omits what is null. */
const answered = z.object({
  id: z.guid(),
  firstName: z.string().default(''),
  lastName: z.string().default(''),
  email: z.string(),
  status: z.number().default(1),
  notes: z.string().optional(),
  createdBy: z.object({ id: z.string() }).optional().catch(undefined),
  registrationDate: z.string().optional().catch(undefined),
  isOwner: z.boolean().default(false),
  isAdmin: z.boolean().default(false),
  isRoomAdmin: z.boolean().default(false),
  isCollaborator: z.boolean().default(false),
  isVisitor: z.boolean().default(false),
});

/** There is no role member: it is read from the flags, the owner first (docspace-api.md §1.2). */
function roleOf(flags: z.infer<typeof answered>): ShownRole | undefined {
  if (flags.isOwner) return 'Owner';
  if (flags.isAdmin) return 'DocSpaceAdmin';
  if (flags.isRoomAdmin) return 'RoomAdmin';
  if (flags.isCollaborator) return 'User';
  return flags.isVisitor ? 'Guest' : undefined;
}

/** What the portal shows of a person. */
export const profileSchema = answered.transform((shown, context) => {
  const role = roleOf(shown);
  if (role === undefined) {
    context.addIssue({ code: 'custom', message: 'no flag of the profile tells its role' });
    return z.NEVER;
  }
  return {
    id: shown.id.toLowerCase(),
    firstName: shown.firstName,
    lastName: shown.lastName,
    email: normalizeEmail(shown.email),
    role,
    state: shown.status === 2 ? ('disabled' as const) : shown.status === 4 ? ('invited' as const) : ('active' as const),
    notes: shown.notes ?? '',
    createdBy: shown.createdBy?.id.toLowerCase(),
    /** Milliseconds since 1970, by the portal's clock. */
    registeredAt: shown.registrationDate === undefined ? undefined : Date.parse(shown.registrationDate) || undefined,
  };
});

export type Profile = z.infer<typeof profileSchema>;
