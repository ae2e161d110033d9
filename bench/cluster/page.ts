export const scalingPage = (_: unknown): string => "";
