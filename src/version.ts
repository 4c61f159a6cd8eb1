/** The version of this package; a constant, since `--version` must read no file. A test holds it to package.json. */
export const version = '0.1.0';
