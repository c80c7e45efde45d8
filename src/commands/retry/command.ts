import { attentionReasons } from '../../contract/attention-reasons.js';
import { action, createCommand, withServerOptions } from '../command.js';

export const retryCommand = withServerOptions(
  createCommand('retry', 'Let onboardings that need attention continue.', [
    'retry jane.roe@example.com',
    'retry --all --reason quota',
    'retry --batch 1f0c…',
  ])
    .argument('[email]')
    .option('--all', 'every onboarding that needs attention')
    .option('--reason <reason>', 'with --all: only those with this reason')
    .option('--batch <id>', 'those of a batch, by the id that import prints'),
).action(
  action(async (problems, email, options) => {
    const { parseTarget, readStarterSettings } = await import('../flags.js');
    const { all, reason, batch } = options;
    if ([email, all, batch].filter((each) => each !== undefined).length !== 1) {
      problems.push('name one person by e-mail, or use --all, or --batch');
    }
    if (reason !== undefined && !all) problems.push('--reason needs --all');
    if (reason !== undefined && !attentionReasons.some((known) => known === reason)) {
      problems.push(`--reason is one of ${attentionReasons.join(', ')}, not "${reason}"`);
    }
    const target = parseTarget(email, batch, problems);
    const settings = readStarterSettings(problems);
    return (await import('./retry.js')).retry(target, { ...options, settings });
  }),
);
