import type { Portal } from '../docspace/portal.js';
import type { Profile } from '../docspace/profile.js';
import { needsAttention } from './failures.js';

/** Reads the account before it is added to a place: only an active one with the person's e-mail may be. */
export async function readAccount(
  portal: Portal,
  { id, email }: { id: string; email: string },
  signal: AbortSignal,
): Promise<Profile> {
  const profile = await portal.getUser(id, signal);
  if (profile.email === email && profile.state === 'active') return profile;
  const message =
    profile.email === email
      ? `the account with this e-mail is ${profile.state}`
      : 'the account at the portal has another e-mail';
  throw needsAttention('conflict', message, 'Correct it in the portal, then retry or cancel.');
}
