export { onboardUser } from './onboarding/onboard-user.js';
export { onboardBatch } from './batch/onboard-batch.js';
export { onboardChunk } from './batch/onboard-chunk.js';
export { createGroup } from './groups/create-group.js';
