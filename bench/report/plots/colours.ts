/**
 * Middle tones: a picture in a page of GitHub cannot know whether that page is light or dark (`prefers-color-scheme` is
 * the system's word, not the page's), so each is read on both. Held by a test.
 */
export const textColour = "#737b85";

/** By what is shown: Signalbox, what it is compared with, all others. */
export const tones = { own: "#c2570c", reference: "#2f78c8", other: "#7b838d" } as const;

export type Tone = keyof typeof tones;
