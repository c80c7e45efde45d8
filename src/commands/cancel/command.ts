import { action, createCommand, withServerOptions } from '../command.js';

export const cancelCommand = withServerOptions(
  createCommand('cancel', 'Stop further writes. Keep and print whatever the portal already has.', [
    'cancel jane.roe@example.com',
    'cancel --batch 1f0c…',
  ])
    .argument('[email]')
    .option('--batch <id>', 'a whole batch, by the id that import prints'),
).action(
  action(async (problems, rawEmail, options) => {
    const { parseTarget, readStarterSettings } = await import('../flags.js');
    const { email, batch } = parseTarget(rawEmail, options.batch, problems);
    if (email === undefined && batch === undefined) problems.push('name one person by e-mail, or a batch by --batch');
    const settings = readStarterSettings(problems);
    if (batch !== undefined)
      return (await import('../batch/cancel-batch.js')).cancelBatch(batch, { ...options, settings });
    return (await import('./cancel.js')).cancel(email ?? '', { ...options, settings });
  }),
);
