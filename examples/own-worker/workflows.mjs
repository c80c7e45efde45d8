// The workflows of another project: its own, and those of docspace-onboarding.
import { executeChild } from '@temporalio/workflow';
import { onboardingId } from 'docspace-onboarding/contract';

export * from 'docspace-onboarding/workflows';

/** Onboards a new colleague, and returns a greeting with the role that the portal shows. */
export async function welcomeColleague(person) {
  const outcome = await executeChild('onboardUser', {
    workflowId: onboardingId(person.email),
    args: [{ ...person, roleWindow: 0 }],
  });
  return `${person.firstName} is a ${outcome.role}`;
}
