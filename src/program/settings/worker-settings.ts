import { check, codecChecks, listenAddress, text, type ListenAddress } from './fields.js';
import { missingKey, portalChecks, starterVariables, toSettings, type PortalVariables } from './starter-settings.js';

/** The settings of the worker program. */
export const workerVariables = starterVariables.extend({
  HEALTH_ADDRESS: listenAddress,
  METRICS_ADDRESS: listenAddress.transform((address) => address && formatAddress(address)),
  WORKER_DEPLOYMENT: text.refine((name) => !name?.includes('.'), 'contains a dot, which Temporal refuses'),
  BUILD_ID: text,
});

export const workerSettings = workerVariables
  .check(
    ...portalChecks,
    check<PortalVariables>(
      ({ API_HOST }) => API_HOST !== undefined,
      'API_HOST is not set: set it to the portal that this worker serves. `npm run dev` starts a sandbox with its own worker',
    ),
    check<PortalVariables>(({ API_HOST, API_KEY }) => API_HOST === undefined || API_KEY !== undefined, missingKey),
    check<{ WORKER_DEPLOYMENT?: unknown; BUILD_ID?: unknown }>(
      ({ WORKER_DEPLOYMENT, BUILD_ID }) => WORKER_DEPLOYMENT === undefined || BUILD_ID !== undefined,
      'BUILD_ID is not set, and WORKER_DEPLOYMENT is: set it to the build of this worker',
    ),
    ...codecChecks,
  )
  .transform(
    ({ HEALTH_ADDRESS, METRICS_ADDRESS, WORKER_DEPLOYMENT: deploymentName, BUILD_ID: buildId, ...shared }) => ({
      ...toSettings(shared),
      healthAddress: HEALTH_ADDRESS,
      metricsAddress: METRICS_ADDRESS,
      // A BUILD_ID alone belongs to another program.
      version: deploymentName !== undefined && buildId !== undefined ? { deploymentName, buildId } : undefined,
    }),
  );

/** An IPv6 address is in brackets. */
function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
