/** The fault of a request that could not be read; `message` is for people and does not quote the request. */
export interface RequestFault {
  readonly status: number;
  readonly kind: 'empty' | 'syntax' | 'size' | 'other';
  readonly message: string;
}

/** Thrown for a body that cannot be read, or is refused before it is parsed. */
export class BodyError extends Error {
  readonly fault: RequestFault;

  constructor(status: number, kind: RequestFault['kind'], message: string) {
    super(message);
    this.fault = { status, kind, message };
  }
}

/** Returns the fault behind a BodyError or an error of Express and its form parser, or undefined when the error is ours. */
export function requestFaultOf(error: unknown): RequestFault | undefined {
  if (error instanceof BodyError) return error.fault;
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  const { status } = error;
  if (status < 400 || status > 499) return undefined;
  const type = 'type' in error ? error.type : undefined;
  if (type === 'entity.too.large') return { status: 413, kind: 'size', message: 'The body is too large.' };
  if (type === 'parameters.too.many')
    return { status: 413, kind: 'size', message: 'The body has too many parameters.' };
  if (status === 415) return { status, kind: 'other', message: 'The encoding of the body is not supported.' };
  if (error instanceof URIError) return { status, kind: 'other', message: 'The URL is malformed.' };
  return { status, kind: 'other', message: 'The request cannot be read.' };
}
