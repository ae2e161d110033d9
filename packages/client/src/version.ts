/** The version of this package, told to servers in the handshake. Held to package.json by a test. */
export const version = "0.1.0";
