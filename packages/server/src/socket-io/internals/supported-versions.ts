/** The ranges of package.json; a test keeps them equal. Private members may differ in any other version. */
export const supportedVersions = {
  "engine.io": "~6.6.13",
  "socket.io": "~4.8.4",
  "socket.io-adapter": "~2.5.9",
  "socket.io-parser": "~4.2.7",
  ws: "~8.23.0",
} as const;

export type SupportedPackage = keyof typeof supportedVersions;
