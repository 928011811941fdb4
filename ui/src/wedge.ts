/**
 * Scanners that type: tells a burst of a scanner from a person at a keyboard.
 *
 * `Wedge` is pure: strokes and time go in, steps come out; `listen` ties it to a window.
 * It knows nothing of passes. A page that uses it has no text fields: letters outside a burst do
 * nothing anyway, so every letter is swallowed.
 */

/** One key going down. */
export interface Stroke {
  /** The physical key, such as `KeyA`; empty where the system does not tell. */
  code: string;
  /** What the layout makes of it. */
  key: string;
  shift: boolean;
  /** Ctrl, Alt or Meta is held. */
  command: boolean;
  /** The key is being held down: never a scanner. */
  repeat: boolean;
  /** Milliseconds; only differences count, because event clocks start anywhere. */
  at: number;
}

/** What follows from a stroke or from time passing. */
export interface Step {
  /** The page must not see this stroke. */
  swallow: boolean;
  /** A finished scan. */
  scan: string | null;
  /** A person pressed Enter or Space, quiet before and after: press what has the focus. */
  press: boolean;
}

/** Times in milliseconds, lengths in characters. */
export const LIMITS = {
  /** Between two strokes of a burst that is not yet known to be one. */
  gap: 80,
  /** Ends a burst without a terminator. Longer than `gap`: a busy machine must not cut a pass. */
  silence: 400,
  /** From the first character on. */
  total: 6000,
  /** A press of Enter or Space is a person's only after so long without any other key. */
  quiet: 300,
  /** Fewer are no scan. */
  least: 4,
  /** One more than any pass may have, so that whoever reads a longer burst refuses it. */
  most: 513,
};

/** Length of a plain pass; only for showing how far a slow scanner has come. */
const USUAL = 173;

/** Tells scans from typing. Holds at most `LIMITS.most` characters. */
export class Wedge {
  private text = "";
  private first = 0;
  private last = 0;
  /** The scan went out early; the rest of its burst is dropped. */
  private draining = false;
  /** When the last burst ended: its second terminator may still come. */
  private ended = -Infinity;
  /** When Enter or Space came alone: a press, unless anything follows at once. */
  private lone: number | null = null;
  /** When the latest key of any kind went down. */
  private latest = -Infinity;
  /** The stroke being taken came too soon after another to be a person's press. */
  private crowded = false;

  constructor(private readonly limits = LIMITS) {}

  /** Takes a stroke. A burst that ended in silence before it is finished first. */
  stroke(stroke: Stroke): Step {
    const before = this.pass(stroke.at);
    // A key in the company of others comes from a scanner: a code may hold Tab and Enter, too.
    this.crowded = this.lone !== null || stroke.at - this.latest < this.limits.quiet;
    this.lone = null;
    this.latest = stroke.at;
    const step = this.take(stroke);
    return {
      swallow: step.swallow,
      scan: step.scan ?? before.scan,
      press: step.press || before.press,
    };
  }

  /** Lets time pass: ends bursts by silence, turns a lone Enter into a press. */
  pass(now: number): Step {
    const press = this.lone !== null && now - this.lone >= this.limits.gap;
    if (press) this.lone = null;
    if (!this.isBusy() || now - this.last < this.patience()) return { ...NOTHING, press };
    return { ...this.finish(now), swallow: false, press };
  }

  /** Returns how long to wait after the latest stroke before time passes, or null for no need. */
  wait(): number | null {
    if (this.isBusy()) return this.patience();
    return this.lone === null ? null : this.limits.gap;
  }

  /** Returns how far a burst has come, 0 to 1, or null while there is none. */
  progress(): number | null {
    if (this.draining) return 1;
    return this.text.length < this.limits.least ? null : Math.min(1, this.text.length / USUAL);
  }

  private take(stroke: Stroke): Step {
    if (MODIFIERS.has(stroke.key)) return NOTHING;
    if (stroke.repeat) return { ...NOTHING, swallow: !isWayfinding(stroke) };
    if (isTerminator(stroke)) return this.terminate(stroke);
    if (stroke.command) return { ...NOTHING, swallow: this.isBusy() };
    const character = characterOf(stroke);
    if (character === null) return { ...NOTHING, swallow: this.isBusy() || this.isTail(stroke) };
    if (character === " " && !this.isBusy()) return this.hold(stroke.at);
    return this.append(character, stroke.at);
  }

  private append(character: string, at: number): Step {
    if (!this.isBusy()) this.first = at;
    this.last = at;
    if (this.draining) return SWALLOWED;
    this.text += character;
    const full = this.text.length >= this.limits.most || at - this.first > this.limits.total;
    if (!full) return SWALLOWED;
    const step = this.finish(at);
    this.draining = true;
    return step;
  }

  private terminate(stroke: Stroke): Step {
    if (this.isBusy()) return this.finish(stroke.at);
    if (this.isTail(stroke)) return SWALLOWED;
    if (stroke.command || stroke.key === "Tab") return NOTHING;
    return this.hold(stroke.at);
  }

  /** Waits whether anything follows: some scanners send an Enter first. */
  private hold(at: number): Step {
    this.lone = this.crowded ? null : at;
    return SWALLOWED;
  }

  private finish(at: number): Step {
    const scan = this.text.length >= this.limits.least ? this.text : null;
    this.text = "";
    this.draining = false;
    this.ended = at;
    return { swallow: true, scan, press: false };
  }

  private isBusy(): boolean {
    return this.text !== "" || this.draining;
  }

  private patience(): number {
    return this.progress() === null ? this.limits.gap : this.limits.silence;
  }

  /** CR LF arrives as two Enters, as Enter and ArrowDown, or as Enter and Ctrl+J. */
  private isTail(stroke: Stroke): boolean {
    if (stroke.at - this.ended > this.limits.gap) return false;
    this.ended = stroke.at;
    return isTerminator(stroke) || stroke.key === "ArrowDown";
  }
}

/** Turns letters to capitals, drops CR, LF and Tab at the ends, and cuts what no pass can be. */
export function tidy(text: string): string {
  const inner = text.replace(/^[\r\n\t]+|[\r\n\t]+$/g, "");
  return inner.replace(/[a-z]+/g, (letters) => letters.toUpperCase()).slice(0, LIMITS.most);
}

/** Where a listening wedge reports. */
export interface Ears {
  scanned(text: string): void;
  reading(progress: number | null): void;
}

/** Listens before anything else on the page does. Returns how to stop. */
export function listen(target: Window, ears: Ears): () => void {
  const wedge = new Wedge();
  let timer = 0;
  let last = 0;
  let focus: Element | null = null;

  const follow = (step: Step) => {
    if (step.scan !== null) ears.scanned(tidy(step.scan));
    else ears.reading(wedge.progress());
    // The screen may have changed while Enter was held back: then it was meant for nothing here.
    if (step.press && focus instanceof HTMLElement && focus.isConnected) focus.click();
    target.clearTimeout(timer);
    const wait = wedge.wait();
    if (wait !== null) timer = target.setTimeout(() => follow(wedge.pass(last + wait)), wait);
  };
  const down = (event: KeyboardEvent) => {
    last = event.timeStamp;
    const step = wedge.stroke(strokeOf(event));
    if (step.swallow) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    follow(step);
    focus = target.document.activeElement;
  };
  target.addEventListener("keydown", down, { capture: true });
  return () => {
    target.clearTimeout(timer);
    target.removeEventListener("keydown", down, { capture: true });
  };
}

const NOTHING: Step = { swallow: false, scan: null, press: false };
const SWALLOWED: Step = { ...NOTHING, swallow: true };
const MODIFIERS = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "NumLock"]);

function strokeOf(event: KeyboardEvent): Stroke {
  return {
    code: event.code,
    key: event.key,
    shift: event.shiftKey,
    command: event.ctrlKey || event.altKey || event.metaKey,
    repeat: event.repeat,
    at: event.timeStamp,
  };
}

function isTerminator({ key, code, command }: Stroke): boolean {
  if (command) return code === "KeyJ" || code === "KeyM";
  return key === "Enter" || key === "Tab" || code === "Enter" || code === "NumpadEnter";
}

/** Tab may be held down to walk along; anything else held down does nothing. */
function isWayfinding({ key }: Stroke): boolean {
  return key === "Tab" || key.startsWith("Arrow");
}

/** Unshifted and shifted characters of a US keyboard's other keys, by physical key. */
const US: Record<string, string> = {
  Digit1: "1!",
  Digit2: "2@",
  Digit3: "3#",
  Digit4: "4$",
  Digit5: "5%",
  Digit6: "6^",
  Digit7: "7&",
  Digit8: "8*",
  Digit9: "9(",
  Digit0: "0)",
  Minus: "-_",
  Equal: "=+",
  BracketLeft: "[{",
  BracketRight: "]}",
  Backslash: "\\|",
  Semicolon: ";:",
  Quote: "'\"",
  Backquote: "`~",
  Comma: ",<",
  Period: ".>",
  Slash: "/?",
  Space: "  ",
  NumpadAdd: "++",
  NumpadSubtract: "--",
  NumpadMultiply: "**",
  NumpadDivide: "//",
  NumpadDecimal: "..",
};

/**
 * Returns what a US keyboard would have written, whatever the layout, CapsLock or an input method
 * make of the key; null for keys that write nothing.
 */
function characterOf({ code, key, shift }: Stroke): string | null {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return letter;
  const digit = /^Numpad(\d)$/.exec(code)?.[1];
  if (digit) return digit;
  const pair = US[code];
  if (pair) return pair.charAt(shift ? 1 : 0);
  if ([...key].length === 1) return key;
  // A key that neither side can read stands in the text, so that the scan is refused, not guessed.
  return key === "Process" || key === "Unidentified" ? "\uFFFD" : null;
}
