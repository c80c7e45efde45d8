// Shifts the wall clock of the program that imports it (NODE_OPTIONS) by CLOCK_SKEW_MS. Timers do not change.
const skewMs = Number(process.env['CLOCK_SKEW_MS']);
const now = Date.now;
Date.now = () => now() + skewMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
});
