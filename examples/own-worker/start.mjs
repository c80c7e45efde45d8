// Starts the project's own workflow, and sends a role change to the onboarding that it started.
import { Client, Connection } from '@temporalio/client';
import { onboardingId, searchAttributesFor, status } from 'docspace-onboarding/contract';

const { TEMPORAL_ADDRESS: address, TASK_QUEUE: taskQueue, API_HOST: portal } = process.env;
const email = process.argv[2];

const { workflow } = new Client({ connection: await Connection.connect({ address }) });
const greeting = await workflow.execute('welcomeColleague', {
  workflowId: `welcome:${email}`,
  taskQueue,
  typedSearchAttributes: searchAttributesFor({ portal }),
  args: [{ email, firstName: 'Jane', lastName: 'Roe', role: 'RoomAdmin', portal }],
});
const outcome = await workflow.getHandle(onboardingId(email)).query(status);
console.log(JSON.stringify({ greeting, outcome }));
