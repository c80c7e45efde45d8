/**
 * The proof that an account is ours: it goes into `comment` when an account is made, and comes back as `notes`. The id of
 * the onboarding alone decides, so that ownership outlives retention, a cancelled run and continue-as-new; the run is
 * added for people, as the way from an account back to its history.
 */
export function markerOf(onboardingId: string, runId: string): string {
  return `${prefixOf(onboardingId)}${runId}`;
}

/** Whether the notes of an account name this onboarding. */
export function isMarkedBy(notes: string, onboardingId: string): boolean {
  return notes.trim().startsWith(prefixOf(onboardingId));
}

function prefixOf(onboardingId: string): string {
  return `Onboarded by docspace-onboarding as ${onboardingId}, run `;
}
