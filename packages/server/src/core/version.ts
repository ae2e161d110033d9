/** The version of this package, which clients receive in client-config. A test compares it with package.json. */
export const version = "0.1.0";
