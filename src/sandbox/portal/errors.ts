/** Types of the portal's exceptions and their `hresult`, as its answers leak them (docspace-api.md §5). */
const hresults = {
  'System.ArgumentException': -2147024809,
  'System.ArgumentNullException': -2147467261,
  'System.ArgumentOutOfRangeException': -2146233086,
  'System.FormatException': -2146233033,
  'System.InvalidOperationException': -2146233079,
  'System.NullReferenceException': -2147467261,
  'System.UnauthorizedAccessException': -2147024891,
  'System.Security.SecurityException': -2146233078,
  'ASC.Common.Security.Authorizing.AuthorizingException': -2146233088,
  'ASC.Common.Web.ItemNotFoundException': -2146233088,
  'ASC.Core.Tenants.TenantQuotaException': -2146233088,
  'Microsoft.EntityFrameworkCore.DbUpdateException': -2146233088,
  'MySqlConnector.MySqlException': -2147467259,
} as const;

type ExceptionType = keyof typeof hresults;

/** An error that the action threw. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly type: ExceptionType = 'System.ArgumentException',
  ) {
    super(message);
  }

  get hresult(): number {
    return hresults[this.type];
  }
}

/** A request that does not match its type. The answer has no `error`. */
export class ValidationError extends Error {
  constructor(readonly errors: Record<string, string[]>) {
    super('One or more validation errors occurred.');
  }
}

/** The action refuses. */
export const accessDenied = (): ApiError => new ApiError(403, 'Access denied', 'System.Security.SecurityException');
/** The caller's type lacks the right. */
export const rightMissing = (): ApiError =>
  new ApiError(403, 'Access denied', 'ASC.Common.Security.Authorizing.AuthorizingException');
export const notFound = (what: string): ApiError =>
  new ApiError(404, `The ${what} could not be found`, 'ASC.Common.Web.ItemNotFoundException');
export const userNotFound = (): ApiError => notFound('user');
export const invalidOperation = (message: string): ApiError =>
  new ApiError(403, message, 'System.InvalidOperationException');
export const valueMissing = (parameter: string): ApiError =>
  new ApiError(400, `Value cannot be null. (Parameter '${parameter}')`, 'System.ArgumentNullException');
export const alreadyRegistered = (): ApiError => new ApiError(400, 'User with this email is already registered');
/** The database refused the row. */
export const entityNotSaved = (): ApiError =>
  new ApiError(
    500,
    'An error occurred while saving the entity changes. See the inner exception for details.',
    'Microsoft.EntityFrameworkCore.DbUpdateException',
  );
/** A member of the body that the action reads without a check. */
export const nullReference = (): ApiError =>
  new ApiError(500, 'Object reference not set to an instance of an object.', 'System.NullReferenceException');
