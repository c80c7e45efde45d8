/** Tells whether a value of unknown origin has a shape. */
export type Check = (value: unknown) => boolean;

export const isText: Check = (value) => typeof value === 'string';
export const isFlag: Check = (value) => typeof value === 'boolean';
export const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
export const isOneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
export const isEither =
  (...checks: Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));
export const isAbsentOr = (check: Check): Check => isEither(isOneOf([undefined]), check);
export const isNullOr = (check: Check): Check => isEither(isOneOf([null]), check);
export const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
export const isAbsentOrTexts = isAbsentOr(isListOf(isText));
export const isObject =
  (members: Record<string, Check>): Check =>
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && wrongMember(value, members) === undefined;

/** The name of the first member that fails its check. */
export function wrongMember(value: object, members: Record<string, Check>): string | undefined {
  return Object.entries(members).find(([name, check]) => !check((value as Record<string, unknown>)[name]))?.[0];
}
