import type { Duration } from '@temporalio/common';
import { exampleInput, personSchema, type Person } from '../../people/person.js';
import { parseDuration } from '../../utils/duration.js';
import { action, createCommand, withServerOptions } from '../command.js';
import { readStarterSettings, parseExisting } from '../flags.js';

export const onboardCommand = withServerOptions(
  createCommand('onboard', 'Onboard one person, and wait until the portal shows the account with the role.', [
    'onboard --first-name Jane --last-name Roe --email jane.roe@example.com --role User',
    'onboard',
  ])
    .option('--first-name <name>', 'leave out all four to onboard the documented example: John Doe, Manager')
    .option('--last-name <name>')
    .option('--email <address>')
    .option('--role <role>', 'Guest, User, RoomAdmin (also called Manager) or DocSpaceAdmin')
    .option('--existing <action>', 'if somebody else created the account: fail, or adopt it', 'fail')
    .option('--allow-demotion', 'lower the role if the portal shows a higher one')
    .option('--keep-higher', 'accept a higher role at the portal as success')
    .option('--no-mail', 'send no activation mail')
    .option('--role-window <duration>', 'how long the onboarding accepts role changes afterwards', '7d')
    .option('--detach', 'start the onboarding, and do not wait')
    .option('--yes', 'do not ask for confirmation'),
).action(
  action(async (problems, options) => {
    const { firstName, lastName, email, role, existing, mail, roleWindow, allowDemotion } = options;
    const isExample = [firstName, lastName, email, role].every((value) => value === undefined);
    const person = parsePerson(isExample ? exampleInput : { firstName, lastName, email, role }, problems);
    const input = { existing: parseExisting(existing, problems), mail, roleWindow: roleWindow as Duration };
    if (parseDuration(roleWindow) === undefined) {
      problems.push(`--role-window is a duration such as 7d, 12h or 0, not "${roleWindow}"`);
    }
    const settings = readStarterSettings(problems);
    const { onboard } = await import('./onboard.js');
    return onboard(
      { ...person, ...input, ...(allowDemotion && { allowDemotion }) },
      { ...options, settings, isExample },
    );
  }),
);

const optionNames: Record<keyof Person, string> = {
  firstName: '--first-name',
  lastName: '--last-name',
  email: '--email',
  role: '--role',
};

function parsePerson(person: Record<keyof Person, string | undefined>, problems: string[]): Person {
  const parsed = personSchema.safeParse(person);
  if (parsed.success) return parsed.data;
  for (const { path, message, code } of parsed.error.issues) {
    const name = optionNames[path[0] as keyof Person];
    problems.push(code === 'invalid_type' ? `${name} is missing` : `${name}: ${message}`);
  }
  return exampleInput;
}
