/** An outcome that is more than the two megabytes of one payload: the decision is tried again and again. */
export async function onboardUser(): Promise<string> {
  return 'x'.repeat(3_000_000);
}
