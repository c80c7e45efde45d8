/**
 * The marker proves who created an account: a create sends it as `comment`, and the portal returns it as `notes`. The
 * onboarding id alone decides, so ownership outlives retention, a cancelled run and continue-as-new. The run id leads
 * an administrator from the account to its history.
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
