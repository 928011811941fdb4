/**
 * Makes text as large as there is room for: shrinks a little, then wraps, then shrinks on.
 * Never clips and never cuts; as the very last resort a word breaks.
 */

/** How large a text may stay, as a share of its full size, on how many lines: best first. */
const TRIES = [
  { lines: 1, from: 1, to: 0.66 },
  { lines: 2, from: 0.8, to: 0.44 },
  { lines: 3, from: 0.5, to: 0.3 },
];
const STEP = 0.02;
const SQUEEZE_TO = 0.4;

/** Sizes a name by `--scale`, within the width it has; again whenever the width or a font changes. */
export function fitName(node: HTMLElement): () => void {
  return again(node, () => {
    node.classList.remove("breaks");
    for (const { lines, from, to } of TRIES) {
      for (let scale = from; scale >= to; scale -= STEP) {
        node.style.setProperty("--scale", scale.toFixed(2));
        if (holds(node, lines)) return;
      }
    }
    node.classList.add("breaks");
  });
}

/** Sizes everything in a box by `--k` until it fits the box's height. */
export function squeeze(node: HTMLElement): () => void {
  return again(node, () => {
    for (let k = 1; k >= SQUEEZE_TO; k -= STEP) {
      node.style.setProperty("--k", k.toFixed(2));
      if (node.scrollHeight <= node.clientHeight + 1 && node.scrollWidth <= node.clientWidth + 1) {
        return;
      }
    }
  });
}

function holds(node: HTMLElement, lines: number): boolean {
  const line = parseFloat(getComputedStyle(node).lineHeight) || Infinity;
  return node.scrollWidth <= node.clientWidth + 1 && node.scrollHeight <= line * (lines + 0.4);
}

function again(node: HTMLElement, measure: () => void): () => void {
  measure();
  // Fonts come in slices, when a text first needs them; machines without either keep the first try.
  document.fonts?.addEventListener("loadingdone", measure);
  const observer = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(measure);
  if (node.parentElement) observer?.observe(node.parentElement);
  return () => {
    document.fonts?.removeEventListener("loadingdone", measure);
    observer?.disconnect();
  };
}
