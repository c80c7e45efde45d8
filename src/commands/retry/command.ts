import { attentionReasons } from '../../contract/attention-reasons.js';
import { action, createCommand, withServerOptions } from '../command.js';
import { readStarterSettings, parseTarget } from '../flags.js';

export const retryCommand = withServerOptions(
  createCommand('retry', 'Let onboardings that need attention continue.', [
    'retry jane.roe@example.com',
    'retry --all --reason quota',
  ])
    .argument('[email]')
    .option('--all', 'every onboarding that needs attention')
    .option('--reason <reason>', 'with --all: only those with this reason'),
).action(
  action(async (problems, given, options) => {
    const { all, reason } = options;
    if ((given === undefined) !== (all === true)) problems.push('name one person by e-mail, or use --all');
    if (reason !== undefined && !all) problems.push('--reason needs --all');
    if (reason !== undefined && !attentionReasons.some((known) => known === reason)) {
      problems.push(`--reason is one of ${attentionReasons.join(', ')}, not "${reason}"`);
    }
    const { email } = parseTarget(given, undefined, problems);
    const settings = readStarterSettings(problems);
    return (await import('./retry.js')).retry(email, { ...options, settings });
  }),
);
