/**
 * The one header from which Better Auth reads the client's address. Our server overwrites it with the address of the
 * trusted peer: left to X-Forwarded-For, its rate limiter is passed by anyone who makes up addresses.
 */
export const clientAddressHeader = "x-workbench-client-address";
