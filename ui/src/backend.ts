/**
 * The only door to the desk: what the page can ask of it and what it hears from it.
 *
 * `tauri` is the real one; tests and the development server bring a fake of the same shape.
 */
import { convertFileSrc, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Scanners } from "./bindings/Scanners";
import type { Touch } from "./bindings/Touch";
import type { View } from "./bindings/View";

/** What a camera sees; no picture where nothing has changed since. */
export interface Sight {
  number: string;
  picture: Blob | null;
}

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
  /** Returns how the scanners are; until two seconds after it was asked last, codes are only tried. */
  scanners(): Promise<Scanners>;
  /** Returns the number of a camera that guests can look into; null where there is none, or not now. */
  camera(): Promise<number | null>;
  /** Returns the newest picture of a camera, unless it is the one with that number. */
  picture(camera: number, after: string): Promise<Sight | null>;
  /** Hears every later view. */
  hear(show: (view: View) => void): Promise<unknown>;
}

/** The desk behind this window. */
export const tauri: Backend = {
  view: () => invoke<View>("view"),
  scanned: (text) => invoke("scanned", { text }),
  touched: (touch, number) => invoke("touched", { touch, number }),
  language: (tag) => invoke("language", { tag }),
  scanners: () => invoke<Scanners>("scanners"),
  camera: () => invoke<number | null>("camera"),
  picture: async (camera, after) => {
    const answer = await fetch(`${convertFileSrc(String(camera), "camera")}?after=${after}`);
    if (!answer.ok) return null;
    const picture = answer.status === 204 ? null : await answer.blob();
    return { number: answer.headers.get("etag") ?? "", picture };
  },
  hear: (show) => listen<View>("view", (event) => show(event.payload)),
};
