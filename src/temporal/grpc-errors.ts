import { isGrpcServiceError } from '@temporalio/client';

/** The gRPC codes that decide something here. */
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

/** The gRPC error in an error of the SDK, which wraps it. */
export function grpcErrorIn(error: unknown): GrpcError | undefined {
  const grpc = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  if (!isGrpcServiceError(grpc)) return undefined;
  // Of a call that starts and asks in one, only the message says which of the two failed and why.
  return { code: grpc.code, details: grpc.message.replace(/^\d+ [A-Z_]+: /, '') };
}

/** Whether a query of the list was refused: it names search attributes that the namespace lacks. */
export function lacksAttributes(error: unknown): boolean {
  return grpcErrorIn(error)?.code === grpcCodes.invalidArgument;
}
