/** The version of this package, which clients send in the handshake. A test keeps it equal to package.json. */
export const version = "0.1.0";
