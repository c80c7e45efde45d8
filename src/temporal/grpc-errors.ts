import { isGrpcServiceError } from '@temporalio/client';

/** The gRPC codes that this program handles. */
export const grpcCodes = {
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export interface GrpcError {
  code: number;
  details: string;
}

/** The gRPC error inside an error of the SDK. */
export function grpcErrorIn(error: unknown): GrpcError | undefined {
  const grpc = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  if (!isGrpcServiceError(grpc)) return undefined;
  // After an update-with-start, only the message tells which of the two failed, and why.
  return { code: grpc.code, details: grpc.message.replace(/^\d+ [A-Z_]+: /, '') };
}

/** Whether a visibility query was refused because the namespace lacks its search attributes. */
export function lacksAttributes(error: unknown): boolean {
  return grpcErrorIn(error)?.code === grpcCodes.invalidArgument;
}
