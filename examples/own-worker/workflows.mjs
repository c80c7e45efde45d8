// The workflows of another project: its own, and those of docspace-onboarding.
import { executeChild } from '@temporalio/workflow';
import { onboardingId } from 'docspace-onboarding/contract';

export * from 'docspace-onboarding/workflows';

/** Onboards a new colleague, and returns a greeting with the role that the portal shows. */
export async function welcomeColleague(person) {
  const outcome = await executeChild('onboardUser', {
    workflowId: onboardingId(person.email),
    // Nobody has tried to create this account before. If somebody may have, leave `lookUpBeforeCreate` out: the run then looks
    // for the account for 90 s before it creates one.
    args: [{ ...person, roleWindow: 0, lookUpBeforeCreate: false }],
  });
  return `${person.firstName} is a ${outcome.role}`;
}
