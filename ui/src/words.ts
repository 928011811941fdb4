/**
 * The program's own texts, from `words/*.ftl`.
 *
 * Texts of the convention (titles, posts, places) come with the view, already in its language.
 */
import { FluentBundle, FluentResource } from "@fluent/bundle";
import en from "../words/en.ftl?raw";
import zhHans from "../words/zh-Hans.ftl?raw";

/** Returns the text of a key; `key.attribute` names an attribute. Empty if there is none. */
export type Words = (key: string, args?: Record<string, string | number>) => string;

/** Every language that is complete, with its texts. */
export const LANGUAGES: Record<string, string> = { "zh-Hans": zhHans, en };

const OWN_NAMES: Record<string, string> = {
  "zh-Hans": "中文",
  "zh-Hant": "繁體",
  en: "English",
  ja: "日本語",
  ko: "한국어",
  ru: "Русский",
  fr: "Français",
  es: "Español",
  ar: "العربية",
};

const bundles = new Map(
  Object.entries(LANGUAGES).map(([language, text]) => [language, bundle(language, text)]),
);

/** Returns the words of a language; of English where it is not there. */
export function wordsIn(language: string): Words {
  const spoken = bundles.get(language) ?? bundles.get("en");
  return (key, args) => (spoken ? format(spoken, key, args) : "");
}

/** Returns the other language of the pair Chinese and English. */
export function otherThan(language: string): string {
  return language.startsWith("zh") ? "en" : "zh-Hans";
}

/** Returns a language's name as its own speakers write it. */
export function ownName(language: string): string {
  return OWN_NAMES[language] ?? language;
}

/** Returns the direction in which a language is written. */
export function directionOf(language: string): "ltr" | "rtl" {
  return /^(ar|fa|he|ur)\b/.test(language) ? "rtl" : "ltr";
}

function bundle(language: string, text: string): FluentBundle {
  const made = new FluentBundle(language);
  made.addResource(new FluentResource(text));
  return made;
}

function format(from: FluentBundle, key: string, args?: Record<string, string | number>): string {
  const [id = "", attribute] = key.split(".");
  const message = from.getMessage(id);
  const pattern = attribute ? message?.attributes[attribute] : message?.value;
  // The list of errors makes Fluent fill gaps instead of throwing.
  return pattern ? from.formatPattern(pattern, args, []) : "";
}
