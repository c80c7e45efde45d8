import { action, createCommand, withServerOptions } from '../command.js';
import { readStarterSettings, parseEmail, parseRoleName } from '../flags.js';

export const roleCommand = withServerOptions(
  createCommand('role', "Change a person's role, up or down, and wait until the portal shows it.", [
    'role jane.roe@example.com RoomAdmin',
  ])
    .argument('<email>')
    .argument('<role>', 'Guest, User, RoomAdmin (also called Manager) or DocSpaceAdmin')
    .option('--detach', 'send the change, and do not wait'),
).action(
  action(async (problems, email, role, options) => {
    const change = { email: parseEmail(email, problems), role: parseRoleName(role, problems) };
    const settings = readStarterSettings(problems);
    return (await import('./role.js')).changeRole(change, { ...options, settings });
  }),
);
