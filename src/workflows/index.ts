export { onboardUser } from './onboard-user.js';
