// Cuts the headline face, Noto Serif SC Bold (14 MB), down to the characters that headlines use:
// those of the words, of the demo convention and of plain Latin text.
//
// Writes `src/look/headline.woff2` and `headline.json` (the characters, so that the page can tell
// whether a text can be set in it: a headline is never half serif, half sans).
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import subsetFont from "subset-font";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const face = at("../node_modules/@expo-google-fonts/noto-serif-sc/700Bold/NotoSerifSC_700Bold.ttf");
const font = at("../src/look/headline.woff2");
const list = at("../src/look/headline.json");
const latin = Array.from({ length: 0x17f - 0x20 }, (_, n) => String.fromCodePoint(0x20 + n));
const punctuation = "，。、：；！？（）《》“”‘’—…·–№";

/** Returns the texts that headlines are made of: the words, and the demo convention if it is here. */
function sources() {
  const words = readdirSync(at("../words")).map((name) => at(`../words/${name}`));
  const convention = at("../../demo/convention.toml");
  return [...words, ...(existsSync(convention) ? [convention] : [])];
}

/** Returns every character of the sources once, sorted, without controls. */
function characters() {
  const text = sources().map((path) => readFileSync(path, "utf8"));
  const all = new Set([...latin, ...punctuation, ...text.join("")]);
  return [...all].filter((one) => !/\p{C}/u.test(one)).sort();
}

function isFresh() {
  if (!existsSync(font) || !existsSync(list)) return false;
  const made = statSync(font).mtimeMs;
  return [...sources(), at("./headline.js")].every((path) => statSync(path).mtimeMs < made);
}

async function cut() {
  if (isFresh()) return;
  const text = characters().join("");
  writeFileSync(list, JSON.stringify(text));
  writeFileSync(font, await subsetFont(readFileSync(face), text, { targetFormat: "woff2" }));
}

/** The Vite plugin: cuts before anything is loaded, and only when a source is newer. */
export const headline = () => ({ name: "headline", configResolved: cut });
