import { expect, it } from 'vitest';
import { parseDuration } from '../../src/utils/duration.js';
import type { OnboardingInput } from '../../src/contract/onboarding.js';
import type { OnboardingWorkerOptions } from '../../src/worker/create-worker.js';

it('a mistyped duration does not compile', () => {
  // `npm run check` fails where a line below it is no error any more.
  const inputs: Pick<OnboardingInput, 'roleWindow' | 'giveUpAfter'>[] = [
    { roleWindow: '7d', giveUpAfter: '24 hours' },
    { roleWindow: 0 },
    // @ts-expect-error no unit is called so
    { roleWindow: '7dd' },
    // @ts-expect-error nor so
    { giveUpAfter: '1 minut' },
  ];
  // @ts-expect-error a number comes first
  const worker: Pick<OnboardingWorkerOptions, 'graceTime'> = { graceTime: 's10' };

  const given = [...inputs.flatMap((input) => Object.values(input)), worker.graceTime];
  expect(given.map(parseDuration)).toEqual([604_800_000, 86_400_000, 0, undefined, undefined, undefined]);
});
