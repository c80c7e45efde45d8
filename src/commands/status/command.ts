import { action, createCommand, withServerOptions } from '../command.js';

export const statusCommand = withServerOptions(
  createCommand('status', 'Show one person, one batch, or everything that is open.', [
    'status',
    'status --watch',
    'status jane.roe@example.com --history',
    'status --batch 1f0c…',
  ])
    .argument('[email]')
    .option('--batch <id>', 'a batch, by the id that import prints')
    .option('--watch', 'show changes until Ctrl-C: as a table on a terminal, otherwise one line of JSON for each')
    .option(
      '--history',
      "list a person's role changes, and the groups and rooms that were requested: when, by whom, and the result",
    ),
).action(
  action(async (problems, rawEmail, options) => {
    const { parseTarget, readStarterSettings } = await import('../flags.js');
    const { history, watch } = options;
    if (history && rawEmail === undefined) problems.push('--history shows one person: name the e-mail');
    if (history && watch) problems.push('--history and --watch exclude each other');
    const { email, batch } = parseTarget(rawEmail, options.batch, problems);
    const settings = readStarterSettings(problems);
    if (batch !== undefined)
      return (await import('../batch/status-batch.js')).statusOfBatch(batch, { ...options, settings });
    return (await import('./status.js')).status(email, { ...options, settings });
  }),
);
