/**
 * Listens for errors of a socket that nothing else listens to yet: without a listener a reset would end the process.
 * The component that takes the socket over removes this listener and adds its own.
 */
export function ignoreErrors(): void {}
