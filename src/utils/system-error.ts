/** The operating system's reason (`no space left on device`); `undefined` for any other error. */
export function systemErrorReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errno' in error)) return undefined;
  return /^\w+: (.*?)(?:,|$)/.exec(error.message)?.[1] ?? error.message;
}
