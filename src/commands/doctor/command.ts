import { action, createCommand, withServerOptions } from '../command.js';

export const doctorCommand = withServerOptions(
  createCommand('doctor', 'Check configuration, Temporal, workers and portal, and tell you how to fix what is wrong.', [
    'doctor',
    'doctor --duplicates',
  ]).option('--duplicates', "also page through the portal's people, and report any e-mail that occurs twice"),
).action(action(async (problems, options) => (await import('./doctor.js')).doctor(options, problems)));
