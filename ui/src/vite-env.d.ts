/// <reference types="svelte" />
/// <reference types="vite/client" />

/** The characters of the headline face; written by build/fonts.js. */
declare module "*/look/headline.json" {
  const characters: string;
  export default characters;
}
