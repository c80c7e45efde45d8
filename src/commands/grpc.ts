import { isGrpcServiceError } from '@temporalio/client';

/** The gRPC codes that decide something here. */
export const grpcCodes = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** The gRPC error in an error of the SDK, which wraps it. */
export function grpcErrorIn(error: unknown): { code: number; details: string } | undefined {
  const grpc = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  return isGrpcServiceError(grpc) ? grpc : undefined;
}
