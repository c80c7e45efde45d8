import type { PlaceChange } from '../../contract/places.js';
import { formatRoomRequest } from '../../domain/place-names.js';
import { accesses, parseAccess } from '../../domain/room-access.js';
import { action, createCommand, withServerOptions } from '../command.js';

const detachOption = ['--detach', 'send the change, and do not wait'] as const;

export const joinCommand = groupCommand('join', 'Add a person to a group', (group) => ({ join: [group] }));

export const leaveCommand = groupCommand('leave', 'Remove a person from a group', (group) => ({ leave: [group] }));

export const enterCommand = withServerOptions(
  createCommand('enter', "Set a person's access to a room, up or down, and wait until the portal shows it.", [
    'enter jane.roe@example.com Library',
    'enter jane.roe@example.com "Maths 5a" Editing',
  ])
    .argument('<email>')
    .argument('<room>', 'title or id')
    .argument('[access]', `one of ${accesses.join(', ')}`, 'Read')
    .option(...detachOption),
).action(
  action(async (problems, email, room, word, options) => {
    const { parseEmail, parsePlaceName, readStarterSettings } = await import('../flags.js');
    const parsed = parseEmail(email, problems);
    const title = parsePlaceName('room', room, problems);
    const access = parseAccess(word);
    if (!access) problems.push(`"${word}" is not an access (${accesses.join(', ')})`);
    const settings = readStarterSettings(problems);
    const enter = [formatRoomRequest({ room: title, access: access ?? 'Read' })];
    return (await import('./places.js')).changePlaces(parsed, { enter }, { ...options, settings });
  }),
);

function groupCommand(name: string, does: string, toChange: (group: string) => PlaceChange) {
  return withServerOptions(
    createCommand(name, `${does}, and wait until the portal shows it.`, [`${name} jane.roe@example.com "5a"`])
      .argument('<email>')
      .argument('<group>', 'name or id')
      .option(...detachOption),
  ).action(
    action(async (problems, email, group, options) => {
      const { parseEmail, parsePlaceName, readStarterSettings } = await import('../flags.js');
      const parsed = parseEmail(email, problems);
      const change = toChange(parsePlaceName('group', group, problems));
      const settings = readStarterSettings(problems);
      return (await import('./places.js')).changePlaces(parsed, change, { ...options, settings });
    }),
  );
}
