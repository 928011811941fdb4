/**
 * A convention's colours as custom properties of the page.
 *
 * What stands on a colour is chosen by contrast, so that no convention can make a screen that
 * cannot be read.
 */
import type { Theme } from "./bindings/Theme";

/** The least contrast of text with what it stands on. */
export const READABLE = 4.5;

/** Sets the properties on an element. */
export function dress(element: HTMLElement, theme: Theme): void {
  for (const [name, colour] of Object.entries(properties(theme))) {
    element.style.setProperty(`--${name}`, colour);
  }
}

/** Returns the convention's colours and what is read on each of them. */
export function properties(theme: Theme): Record<string, string> {
  const { night, dusk, moon, accent, paper, ink } = theme;
  return {
    night,
    dusk,
    moon,
    accent,
    paper,
    ink,
    "on-night": readableOn([night, dusk], [moon, paper, ink]),
    "on-moon": readableOn([moon], [night, ink, paper]),
    "on-accent": readableOn([accent], [paper, ink]),
  };
}

/** Returns the contrast of two colours, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Returns the first choice that is readable on all grounds, else the most readable one. */
function readableOn(grounds: string[], choices: string[]): string {
  const worst = (choice: string) => Math.min(...grounds.map((ground) => contrast(choice, ground)));
  const best = [...choices].sort((a, b) => worst(b) - worst(a))[0] ?? "#000000";
  return choices.find((choice) => worst(choice) >= READABLE) ?? best;
}

function luminance(colour: string): number {
  const part = (from: number) => {
    const value = parseInt(colour.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}
