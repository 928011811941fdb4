import { FluentResource } from "@fluent/bundle";
import { describe, expect, test } from "vitest";
import { LANGUAGES, directionOf, otherThan, ownName, wordsIn } from "./words";

/** The reasons for which a desk may ask a guest to see a colleague. */
const REASONS = [
  "not_ours",
  "newer_pass",
  "unknown_key",
  "forged",
  "wrong_convention",
  "not_yet",
  "expired",
  "revoked",
  "replaced",
  "cancelled",
  "unknown_attendee",
  "not_entitled",
  "doors_not_open",
  "doors_closed",
  "already_in",
  "not_in",
  "full",
  "invitation_at_door",
  "badge_at_registration",
  "unbound_blank",
  "list_too_old",
  "clock_unsure",
  "newer_record",
  "wrong_site",
  "not_stored",
  "shut_down",
  "desk_closed",
  "print_failed",
  "badge_open",
];

/** What the scanner page says of a code; a badge that did not come out is no matter of scanners. */
const TOLD_TO_STAFF = REASONS.filter((reason) => !["print_failed", "badge_open"].includes(reason));

/** The reasons for which a desk may leave the decision to a steward. */
const ASKED = [
  "unbound_blank",
  "invitation_at_door",
  "wrong_site",
  "clock_unsure",
  "newer_record",
  "list_too_old",
  "doors_not_open",
  "doors_closed",
  "full",
];

/** What a desk may say that it cannot know. */
const CAVEATS = ["more_may_be_inside"];

/** What a desk may say of its printer, as `Condition` of crates/printer names it. */
const TROUBLES = [
  "offline",
  "foreign",
  "paper_out",
  "jam",
  "cover_open",
  "ink_out",
  "paused",
  "rejecting",
  "fault",
  "paper_low",
  "ink_low",
];

const sources = import.meta.glob<string>("./**/*.{svelte,ts}", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Returns each key, attributes as `key.attribute`, with the variables it uses. */
function keysOf(text: string): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const { id, value, attributes } of new FluentResource(text).body) {
    keys.set(id, variablesOf(value));
    for (const [name, pattern] of Object.entries(attributes)) {
      keys.set(`${id}.${name}`, variablesOf(pattern));
    }
  }
  return keys;
}

function variablesOf(pattern: unknown): string[] {
  const found = JSON.stringify(pattern).matchAll(/"type":"var","name":"(\w+)"/g);
  return [...new Set([...found].map(([, name = ""]) => name))].sort();
}

describe("the words", () => {
  const chinese = keysOf(LANGUAGES["zh-Hans"] ?? "");

  test.each(Object.keys(LANGUAGES))("in %s have every key with every variable", (language) => {
    const keys = keysOf(LANGUAGES[language] ?? "");
    expect([...keys].sort()).toEqual([...chinese].sort());
  });

  test.each(Object.keys(LANGUAGES))("in %s lost no line to a slip of syntax", (language) => {
    const text = LANGUAGES[language] ?? "";
    const written = text.match(/^[a-z][a-z0-9-]* =/gm) ?? [];
    expect(new FluentResource(text).body).toHaveLength(written.length);
  });

  test.each(REASONS)("have a sentence for %s", (reason) => {
    const key = `help-${reason.replaceAll("_", "-")}`;
    for (const language of Object.keys(LANGUAGES)) expect(wordsIn(language)(key)).not.toBe("");
  });

  test.each(TOLD_TO_STAFF)("tell staff of %s", (reason) => {
    const key = `scan-${reason.replaceAll("_", "-")}`;
    for (const language of Object.keys(LANGUAGES)) expect(wordsIn(language)(key)).not.toBe("");
  });

  test.each(ASKED)("have a question for %s", (reason) => {
    const key = `ask-${reason.replaceAll("_", "-")}`;
    for (const language of Object.keys(LANGUAGES)) expect(wordsIn(language)(key)).not.toBe("");
  });

  test.each(CAVEATS)("have a sentence for %s", (caveat) => {
    const key = `done-${caveat.replaceAll("_", "-")}`;
    for (const language of Object.keys(LANGUAGES)) expect(wordsIn(language)(key)).not.toBe("");
  });

  test.each(TROUBLES)("have a word for a printer with %s", (trouble) => {
    const key = `printer-${trouble.replaceAll("_", "-")}`;
    for (const language of Object.keys(LANGUAGES)) expect(wordsIn(language)(key)).not.toBe("");
  });

  test("never tell bystanders that a pass was withdrawn or a guest called off", () => {
    for (const reason of ["revoked", "replaced", "cancelled"]) {
      const told = wordsIn("en")(`help-${reason}`).toLowerCase();
      for (const word of ["revoked", "replaced", "cancel", "invalid", "stolen", "withdrawn"]) {
        expect(told).not.toContain(word);
      }
    }
  });

  test("are all used somewhere", () => {
    const code = Object.values(sources).join("\n");
    const reasons = [
      ...REASONS.map((reason) => `help-${reason.replaceAll("_", "-")}`),
      ...ASKED.map((reason) => `ask-${reason.replaceAll("_", "-")}`),
      ...CAVEATS.map((caveat) => `done-${caveat.replaceAll("_", "-")}`),
      ...TROUBLES.map((trouble) => `printer-${trouble.replaceAll("_", "-")}`),
      ...TOLD_TO_STAFF.map((reason) => `scan-${reason.replaceAll("_", "-")}`),
    ];
    const idle = [...chinese.keys()].filter(
      (key) => !key.includes(".") && !reasons.includes(key) && !code.includes(`"${key}"`),
    );
    expect(idle).toEqual([]);
  });

  test("fill in numbers, one and many", () => {
    const plain = (text: string) => text.replace(/[\u2068\u2069]/g, "");
    const words = wordsIn("en");
    expect(plain(words("countdown-left", { seconds: 1 }))).toBe("Back to start in 1 second");
    expect(plain(words("countdown-left", { seconds: 20 }))).toBe("Back to start in 20 seconds");
    expect(plain(wordsIn("zh-Hans")("frame-waiting", { count: 3 }))).toBe("待同步 3 条");
  });

  test("of a language that is not there are English", () => {
    expect(wordsIn("tlh")("help-title")).toBe(wordsIn("en")("help-title"));
  });

  test("of a key that is not there are empty", () => {
    expect(wordsIn("en")("help-something-newer")).toBe("");
  });
});

test("languages are named by their own speakers", () => {
  expect(["zh-Hans", "en", "ar", "tlh"].map(ownName)).toEqual([
    "中文",
    "English",
    "العربية",
    "tlh",
  ]);
  expect(["zh-Hans", "en", "ja"].map(otherThan)).toEqual(["en", "zh-Hans", "zh-Hans"]);
  expect(["zh-Hans", "ar"].map(directionOf)).toEqual(["ltr", "rtl"]);
});

test("only backend.ts talks to the window's machinery", () => {
  const others = Object.entries(sources)
    .filter(([path, text]) => !path.endsWith("words.test.ts") && text.includes("@tauri-apps"))
    .map(([path]) => path);
  expect(others).toEqual(["./backend.ts"]);
});

test("screens do not import each other", () => {
  const crossing = Object.entries(sources).filter(
    ([path, text]) =>
      path.startsWith("./screens/") && /from "(\.\.\/[A-Z]|.*\/screens\/)/.test(text),
  );
  expect(crossing).toEqual([]);
});
