import { describe, expect, test } from "vitest";
import { frameIn } from "./fake";
import { READABLE, contrast, properties } from "./theme";

test("black on white has the greatest contrast there is", () => {
  expect(contrast("#000000", "#FFFFFF")).toBeCloseTo(21);
  expect(contrast("#FFFFFF", "#FFFFFF")).toBeCloseTo(1);
});

describe.each([
  ["moonlight", frameIn("en").theme],
  ["daylight", { ...frameIn("en").theme, night: "#FFFFFF", dusk: "#EEF2F8", moon: "#F7E7C1" }],
  ["a pale accent", { ...frameIn("en").theme, accent: "#F2C14E" }],
])("in %s", (_, theme) => {
  const colours = properties(theme);
  test.each([
    ["on-night", "night"],
    ["on-night", "dusk"],
    ["on-moon", "moon"],
    ["on-accent", "accent"],
    ["ink", "paper"],
  ])("%s can be read on %s", (text, ground) => {
    expect(contrast(colours[text] ?? "", colours[ground] ?? "")).toBeGreaterThanOrEqual(READABLE);
  });
});
