/** A check for `assert.throws`: an error of this code, whose message matches. */
export function notesError(code: string, message = /./): (error: unknown) => boolean {
  return (error) => error instanceof Error && 'code' in error && error.code === code && message.test(error.message);
}
