// Cuts faces before the page is built, served or tested; only when a source is newer.
//
// - `src/look/headline.woff2`: Noto Serif SC Bold (14 MB), down to the characters of the words, of
//   the demo convention and of plain Latin text; `headline.json` lists them, so that the page can
//   tell whether a text can be set in it: a headline is never half serif, half sans.
// - `src/look/rare-400.woff` and `rare-700.woff`: the Han characters of Noto Sans SC that the
//   sliced web font leaves out. Names have them, and a name must never show a box.
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { fileURLToPath } from "node:url";
import subsetFont from "subset-font";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => readFileSync(path, "utf8");
const face = (path) => at(`../node_modules/@expo-google-fonts/${path}`);
const slices = at("../node_modules/@fontsource-variable/noto-sans-sc/wght.css");

const latin = Array.from({ length: 0x17f - 0x20 }, (_, n) => String.fromCodePoint(0x20 + n));
const punctuation = "，。、：；！？（）《》“”‘’—…·–№";
/** Blocks of Han characters: extension A, the first block, compatibility, the later extensions. */
const han = [
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xf900, 0xfaff],
  [0x20000, 0x323af],
];

/** The Vite plugin. */
export const fonts = () => ({
  name: "fonts",
  configResolved: () =>
    Promise.all([cutHeadline(), cutRare(400, "400Regular"), cutRare(700, "700Bold")]),
});

async function cutHeadline() {
  const list = at("../src/look/headline.json");
  const made = at("../src/look/headline.woff2");
  if (isFresh(made, texts()) && existsSync(list)) return;
  const text = charactersOf(texts()).join("");
  writeFileSync(list, JSON.stringify(text));
  await cut(face("noto-serif-sc/700Bold/NotoSerifSC_700Bold.ttf"), text, made);
}

async function cutRare(weight, style) {
  const made = at(`../src/look/rare-${weight}.woff`);
  if (isFresh(made, [slices])) return;
  const common = rangesOf(read(slices));
  const text = han
    .flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, n) => from + n))
    .filter((point) => !common.has(point))
    .map((point) => String.fromCodePoint(point));
  await cut(face(`noto-sans-sc/${style}/NotoSansSC_${style}.ttf`), text.join(""), made);
}

/** Returns the texts that headlines are made of: the words, and the demo convention if it is here. */
function texts() {
  const words = readdirSync(at("../words")).map((name) => at(`../words/${name}`));
  const convention = at("../../demo/convention.toml");
  return [...words, ...(existsSync(convention) ? [convention] : [])];
}

/** Returns every character once, sorted, without controls. */
function charactersOf(paths) {
  const all = new Set([...latin, ...punctuation, ...paths.map(read).join("")]);
  return [...all].filter((one) => !/\p{C}/u.test(one)).sort();
}

/** Returns every code point that a style sheet's faces declare. */
function rangesOf(css) {
  const points = new Set();
  for (const [, from, to] of css.matchAll(/U\+([0-9a-f]+)(?:-([0-9a-f]+))?/gi)) {
    for (let one = parseInt(from, 16); one <= parseInt(to ?? from, 16); one += 1) points.add(one);
  }
  return points;
}

function isFresh(made, from) {
  if (!existsSync(made)) return false;
  const when = statSync(made).mtimeMs;
  return [...from, at("./fonts.js")].every((path) => statSync(path).mtimeMs < when);
}

/** Writes WOFF for the large cut: a third more bytes than WOFF2, made in a tenth of the time. */
async function cut(from, text, to) {
  const targetFormat = to.endsWith("2") ? "woff2" : "woff";
  // Another process that looks meanwhile must not find half a file.
  const unfinished = `${to}.${process.pid}`;
  writeFileSync(unfinished, await subsetFont(readFileSync(from), text, { targetFormat }));
  renameSync(unfinished, to);
}
