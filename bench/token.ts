/** The access token that the measured server knows. */
export const benchToken = 'b'.repeat(64);
