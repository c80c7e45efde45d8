import { Hono } from 'hono';
import { faultList, type Faults } from './faults.js';
import type { Ledger, LedgerLine } from './ledger.js';
import { typeOf, type People } from './people.js';

/**
 * The control route, for tests: faults, the ledger, and the people as the portal itself has them.
 * It only exists where the sandbox was started with `--faults`.
 */
export function control(people: People, ledger: Ledger, faults: Faults): Hono {
  const app = new Hono().basePath('/sandbox');

  app.put('/faults', async (context) => {
    faults.set(faultList.parse(await context.req.json()));
    return context.json({ since: ledger.read().length });
  });

  app.post('/release', (context) => {
    faults.release();
    return context.json({});
  });

  app.get('/ledger', (context) => context.json(ledger.read()));

  /** Answers once `count` calls of `route` have reached `phase`, not counting what was before the line `since`. */
  app.get('/reached', async (context) => {
    const { route = '', phase = 'received', count = '1', since = '0' } = context.req.query();
    await ledger.reached(route, phase as LedgerLine['phase'], Number(count), Number(since));
    return context.json({});
  });

  app.get('/people', (context) =>
    context.json(
      people.all().map((employee) => ({
        id: employee.id,
        email: employee.email,
        type: typeOf(employee),
        status: employee.status,
        notes: employee.notes,
      })),
    ),
  );

  return app;
}
