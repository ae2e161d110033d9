/** The default theme with the fonts that the reader's system has. */
export { default } from "vitepress/theme-without-fonts";
