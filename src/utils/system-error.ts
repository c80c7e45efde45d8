/** The reason that the operating system gave (`no space left on device`); `undefined` if an error is of another kind. */
export function systemErrorReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errno' in error)) return undefined;
  return /^\w+: (.*?)(?:,|$)/.exec(error.message)?.[1] ?? error.message;
}
