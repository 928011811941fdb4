/**
 * The only door to the desk: what the page can ask of it and what it hears from it.
 *
 * `tauri` is the real one; tests and the development server bring a fake of the same shape.
 */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Touch } from "./bindings/Touch";
import type { View } from "./bindings/View";

/** What a page can do to a desk. Each may fail; the page goes on. */
export interface Backend {
  /** Returns what is to be shown now. */
  view(): Promise<View>;
  /** Hands over a scanned text. */
  scanned(text: string): Promise<unknown>;
  /** Tells of a touch on the view with that number. */
  touched(touch: Touch, number: number): Promise<unknown>;
  /** Chooses a language. */
  language(tag: string): Promise<unknown>;
  /** Hears every later view. */
  hear(show: (view: View) => void): Promise<unknown>;
}

/** The desk behind this window. */
export const tauri: Backend = {
  view: () => invoke<View>("view"),
  scanned: (text) => invoke("scanned", { text }),
  touched: (touch, number) => invoke("touched", { touch, number }),
  language: (tag) => invoke("language", { tag }),
  hear: (show) => listen<View>("view", (event) => show(event.payload)),
};
