/**
 * Keeps a public page from behaving like a browser: no menu, no selection, no dragging, no zoom,
 * no browser keys, and no pointer left lying on the screen.
 */

const POINTER_REST_MS = 3000;

/** Makes a window still. Returns how to let it loose again. */
export function still(target: Window): () => void {
  const stop = new AbortController();
  const on = <K extends keyof WindowEventMap>(
    name: K,
    act: (event: WindowEventMap[K]) => void,
  ): void =>
    target.addEventListener(name, act, { capture: true, passive: false, signal: stop.signal });
  const prevent = (event: Event) => event.preventDefault();

  for (const name of ["contextmenu", "dragstart", "drop", "dragover", "selectstart"] as const) {
    on(name, prevent);
  }
  // Pinching in WebKit; not in the type library.
  on("gesturestart" as keyof WindowEventMap, prevent);
  // WebKit pastes outside of a text field only where the question before it is answered.
  on("beforepaste" as keyof WindowEventMap, prevent);
  on("wheel", (event) => event.ctrlKey && event.preventDefault());
  on("touchmove", (event) => event.touches.length > 1 && event.preventDefault());
  on("keydown", (event) => isBrowserKey(event) && event.preventDefault());
  restPointer(target.document.documentElement, on);
  return () => stop.abort();
}

/** Function keys, and everything with Ctrl but pasting: reload, find, print, zoom. */
function isBrowserKey(event: KeyboardEvent): boolean {
  if (/^F\d+$/.test(event.key)) return !event.altKey;
  return (event.ctrlKey || event.metaKey) && event.code !== "KeyV" && event.key !== "v";
}

function restPointer(
  root: HTMLElement,
  on: (name: "pointermove", act: (event: PointerEvent) => void) => void,
): void {
  let timer = setTimeout(() => root.classList.add("no-pointer"), POINTER_REST_MS);
  on("pointermove", () => {
    clearTimeout(timer);
    root.classList.remove("no-pointer");
    timer = setTimeout(() => root.classList.add("no-pointer"), POINTER_REST_MS);
  });
}
