/** What is wrong with a request that could not even be read; `message` is for people and quotes nothing of it. */
export interface RequestFault {
  readonly status: number;
  readonly kind: 'syntax' | 'size' | 'other';
  readonly message: string;
}

/** Returns the fault behind an error of Express or its body parsers, or undefined when the error is ours. */
export function requestFaultOf(error: unknown): RequestFault | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  const { status } = error;
  if (status < 400 || status > 499) return undefined;
  const type = 'type' in error ? error.type : undefined;
  if (type === 'entity.parse.failed') return { status: 400, kind: 'syntax', message: 'The body is not JSON.' };
  if (type === 'entity.too.large') return { status: 413, kind: 'size', message: 'The body is too large.' };
  if (type === 'parameters.too.many')
    return { status: 413, kind: 'size', message: 'The body has too many parameters.' };
  if (type === 'entity.verify.failed') return { status: 400, kind: 'other', message: 'The body is nested too deeply.' };
  if (status === 415) return { status, kind: 'other', message: 'The encoding of the body is not supported.' };
  if (error instanceof URIError) return { status, kind: 'other', message: 'The URL is malformed.' };
  return { status, kind: 'other', message: 'The request cannot be read.' };
}
