import { exitCodes } from '../program/exit.js';
import { interruption, stopRequested } from '../program/stop-signals.js';
import { info } from '../terminal/print.js';
import { action, createCommand } from './command.js';

/** Runs Temporal with its Web UI, a worker and, without `API_HOST`, the sandbox, until Ctrl-C. */
export const devCommand = createCommand(
  'dev',
  'Run the local stack until Ctrl-C: Temporal with its Web UI, a worker and the sandbox portal.',
  ['dev'],
)
  .option('--headless', 'without the Web UI')
  .action(
    action(async (problems, { headless }) => {
      const [{ readStarterSettings }, { assertKeyIsSet }] = await Promise.all([
        import('./flags.js'),
        import('../program/settings/starter-settings.js'),
      ]);
      const settings = readStarterSettings(problems);
      assertKeyIsSet(settings.portal);
      const stopped = stopRequested();
      const { openLocalStack } = await import('../local/stack.js');
      const stack = await openLocalStack({
        kind: 'dev',
        settings,
        needsWorker: true,
        isHeadless: headless === true,
        notify: info,
        interrupted: interruption(),
      });
      if (!stack.owned) {
        info(
          `The stack is already running: Temporal ${stack.address}, Web UI ${stack.webUi ?? 'off'}, portal ${stack.portal}`,
        );
        return exitCodes.done;
      }
      info(`Portal ${stack.portal}${settings.portal.origin === undefined ? ' (the sandbox on this machine)' : ''}`);
      info('worker ready');
      info(nextSteps);
      try {
        await Promise.race([stopped, stack.failed ?? stopped]);
        info('Stopping …');
        return exitCodes.done;
      } finally {
        await stack.stop();
      }
    }),
  );

const nextSteps = `
In another terminal:
  npm run starter -- onboard --first-name Jane --last-name Roe --email jane.roe@example.com --role User
  npm run starter -- role jane.roe@example.com RoomAdmin
  npm run starter -- status

Ctrl-C stops the stack. Its history and the sandbox's people stay in .local/.`;
