// A worker of another project that runs the onboarding workflow and its activities beside its own workflows.
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from 'docspace-onboarding/activities';
import { Portal } from 'docspace-onboarding/portal';

const { TEMPORAL_ADDRESS: address, TASK_QUEUE: taskQueue, API_HOST, API_KEY } = process.env;

const portal = new Portal(API_HOST, API_KEY, {});
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowsPath: fileURLToPath(new URL('workflows.mjs', import.meta.url)),
  // Required: drops superseded signals before the SDK sees them, and refuses unreadable payloads with a sentence.
  interceptors: { workflowModules: [fileURLToPath(import.meta.resolve('docspace-onboarding/interceptors'))] },
  activities: createActivities({ portal, settleWindow: 90_000 }),
});
await worker.run();
