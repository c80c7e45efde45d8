import { once } from 'node:events';
import { readCodec } from '../codec/settings.js';
import { Exit, exitCodes, type ExitCode } from '../program/exit.js';
import { openLocalStack } from '../local/stack.js';
import { noProblems, readPortal } from '../program/settings.js';
import { info } from '../terminal/print.js';

/** Everything on this machine until Ctrl-C: Temporal with its Web UI, a worker, and the sandbox where no portal was given. */
export async function dev(_: object, problems: string[]): Promise<ExitCode> {
  const { origin, key } = readPortal(process.env, problems);
  readCodec(process.env, problems);
  noProblems(problems);
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const stack = await openLocalStack({
    kind: 'dev',
    portal: origin === undefined ? undefined : { origin, key },
    works: true,
    say: info,
    interrupted: stopped.then(() => {
      throw new Exit(exitCodes.interrupted, 'interrupted');
    }),
  });
  if (!stack.owned) {
    info(`It runs already: Temporal ${stack.address}, Web UI ${stack.webUi}, portal ${stack.portal}`);
    return exitCodes.done;
  }
  info(`Portal ${stack.portal}${origin === undefined ? ' (the sandbox on this machine)' : ''}`);
  info('worker ready');
  info('');
  info('In another terminal:');
  info('  npm run starter -- onboard --first-name Jane --last-name Roe --email jane.roe@example.com --role User');
  info('  npm run starter -- role jane.roe@example.com RoomAdmin');
  info('  npm run starter -- status');
  info('');
  info('Ctrl-C stops it; the history and the people of the sandbox stay under .local/.');
  await stopped;
  info('Stopping …');
  await stack.stop();
  return exitCodes.done;
}
