import type { Duration } from '@temporalio/common';
import { action, createCommand, withServerOptions } from '../command.js';

export const onboardCommand = withServerOptions(
  createCommand('onboard', 'Onboard one person, and wait until the portal shows the account with the role.', [
    'onboard --first-name Jane --last-name Roe --email jane.roe@example.com --role User',
    'onboard',
  ])
    .option('--first-name <name>', 'leave out all four to onboard the documented example: John Doe, Manager')
    .option('--last-name <name>')
    .option('--email <address>')
    .option('--role <role>', 'Guest, User, RoomAdmin (also called Manager) or DocSpaceAdmin')
    .option('--group <names...>', 'groups to join, by name or id')
    .option('--room <rooms...>', 'rooms to enter, with the access: "Library: Read"')
    .option('--exact-groups', 'leave all other groups')
    .option('--create-groups', 'create the groups that the portal does not have')
    .option('--existing <action>', 'if somebody else created the account: fail, or adopt it', 'fail')
    .option('--allow-demotion', 'lower the role if the portal shows a higher one')
    .option('--keep-higher', 'accept a higher role at the portal as success')
    .option('--no-mail', 'send no activation mail')
    .option('--role-window <duration>', 'how long the onboarding accepts role changes afterwards', '7d')
    .option('--detach', 'start the onboarding, and do not wait')
    .option('--yes', 'do not ask for confirmation'),
).action(
  action(async (problems, options) => {
    const { firstName, lastName, email, role, existing, mail, roleWindow } = options;
    const { allowDemotion, exactGroups, createGroups } = options;
    const [{ parsePerson }, { parseExisting, parsePlaceName, readStarterSettings }, { parseDuration }] =
      await Promise.all([import('./parse-person.js'), import('../flags.js'), import('../../utils/duration.js')]);
    const groups = options.group?.map((group) => parsePlaceName('group', group, problems));
    const rooms = options.room?.map((room) => parsePlaceName('room', room, problems));
    const { person, isExample } = parsePerson({ firstName, lastName, email, role, groups, rooms }, problems);
    const input = { existing: parseExisting(existing, problems), mail, roleWindow: roleWindow as Duration };
    if (parseDuration(roleWindow) === undefined) {
      problems.push(`--role-window is a duration such as 7d, 12h or 0, not "${roleWindow}"`);
    }
    const settings = readStarterSettings(problems);
    const { onboard } = await import('./onboard.js');
    return onboard(
      {
        ...person,
        ...input,
        ...(allowDemotion && { allowDemotion }),
        ...(exactGroups && { exactGroups }),
        ...(createGroups && { createGroups }),
      },
      { ...options, settings, isExample },
    );
  }),
);
