const signals = ['SIGINT', 'SIGTERM'] as const;

/** Resolves on the first signal to stop. The second one does what it does by itself: it ends the process at once. */
export function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of signals) process.off(signal, stop);
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
  });
}
