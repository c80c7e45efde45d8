import { expect, it } from 'vitest';
import { RoleGroupSize } from '../../../src/workflows/batch/role-group-size.js';

it('a role write takes at most 25 ids, half as many after a slow one, and as many again after a fast one', () => {
  const size = new RoleGroupSize();
  const sizes = [5_000, 9_000, 30_000, 30_000, 30_000, 30_000, 5_000, 5_000, 5_000, 5_000, 5_000].map((durationMs) => {
    size.adapt(durationMs);
    return size.current;
  });
  expect(sizes).toEqual([25, 12, 6, 3, 1, 1, 2, 4, 8, 16, 25]);
});
