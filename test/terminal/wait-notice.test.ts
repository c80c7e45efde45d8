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
  const work = withWaitNotice(() => `${open--} onboardings`, new Promise<string>((resolve) => (end = resolve)));
  vi.advanceTimersByTime(20_000);
  end('done');
  expect(await work).toBe('done');
  vi.advanceTimersByTime(20_000);
  expect(written.mock.calls.map(([text]) => text)).toEqual([
    expect.stringMatching(/^… waiting for 2 onboardings, since \d\d:\d\d:\d\d\n$/),
    expect.stringMatching(/^… waiting for 1 onboardings, since \d\d:\d\d:\d\d\n$/),
  ]);
});
