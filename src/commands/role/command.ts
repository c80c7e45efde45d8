import { action, createCommand, withServerOptions } from '../command.js';

export const roleCommand = withServerOptions(
  createCommand('role', "Change a person's role, up or down, and wait until the portal shows it.", [
    'role jane.roe@example.com RoomAdmin',
  ])
    .argument('<email>')
    .argument('<role>', 'Guest, User, RoomAdmin (also called Manager) or DocSpaceAdmin')
    .option('--reason <text>', 'why, for the audit that `status EMAIL --history` shows')
    .option('--detach', 'send the change, and do not wait'),
).action(
  action(async (problems, email, role, options) => {
    const { parseEmail, parseRoleName, readStarterSettings } = await import('../flags.js');
    const parsed = [parseEmail(email, problems), parseRoleName(role, problems)] as const;
    const settings = readStarterSettings(problems);
    return (await import('./role.js')).changeRole(...parsed, { ...options, settings });
  }),
);
