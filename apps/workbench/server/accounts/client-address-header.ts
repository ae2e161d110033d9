/**
 * The one header from which Better Auth reads the client's address. The server overwrites it with the address of the
 * trusted peer. If Better Auth read X-Forwarded-For, any client could bypass its rate limiter with forged addresses.
 */
export const clientAddressHeader = "x-workbench-client-address";
