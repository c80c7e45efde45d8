import { afterEach, expect, it, vi } from 'vitest';
import { withWaitNotice } from '../../src/terminal/wait-notice.js';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('a command that waits tells why every ten seconds, until the work has ended', async () => {
  vi.useFakeTimers();
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  let open = 2;
  let end: (value: string) => void = () => undefined;
  const describe = (): string | undefined => (open > 0 ? `waiting for ${open--} onboardings` : undefined);
  const work = withWaitNotice(describe, new Promise<string>((resolve) => (end = resolve)));
  await vi.advanceTimersByTimeAsync(30_000);
  end('done');
  expect(await work).toBe('done');
  await vi.advanceTimersByTimeAsync(20_000);
  expect(written.mock.calls.map(([text]) => text)).toEqual([
    '… waiting for 2 onboardings\n',
    '… waiting for 1 onboardings\n',
  ]);
});
