import { describe, expect, test } from "vitest";
import { LIMITS, type Stroke, Wedge, listen, tidy } from "./wedge";

const PASS = `YB1${"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(6)}`.slice(0, 173);

/** A scanner or a person: sends strokes to a wedge and notes what comes out. */
class Hands {
  readonly wedge = new Wedge();
  readonly scans: string[] = [];
  readonly unswallowed: string[] = [];
  presses = 0;
  now = 1000;

  key(key: string, more: Partial<Stroke> = {}): this {
    const step = this.wedge.stroke({ ...strokeOf(key), at: this.now, ...more });
    if (!step.swallow) this.unswallowed.push(key);
    return this.note(step);
  }

  /** Types a text with that many milliseconds between two strokes. */
  type(text: string, every: number): this {
    for (const one of text) this.key(one).wait(every);
    return this;
  }

  /** Lets time pass without a look at the clock: the next stroke tells. */
  wait(ms: number): this {
    this.now += ms;
    return this;
  }

  /** Lets time pass, with the timer that `listen` would have set. */
  rest(ms: number): this {
    return this.wait(ms).note(this.wedge.pass(this.now));
  }

  private note(step: { scan: string | null; press: boolean }): this {
    if (step.scan !== null) this.scans.push(step.scan);
    if (step.press) this.presses += 1;
    return this;
  }
}

describe("a scan", () => {
  test("of a slow scanner arrives whole", () => {
    const hands = new Hands().type(PASS, 20).key("Enter");
    expect(hands.scans).toEqual([PASS]);
    expect(hands.unswallowed).toEqual([]);
  });

  test.each(["Enter", "Tab"])("ends with %s, which presses nothing", (end) => {
    const hands = new Hands().type(PASS, 8).key(end).rest(1000);
    expect(hands.scans).toEqual([PASS]);
    expect(hands.presses).toBe(0);
    expect(hands.unswallowed).toEqual([]);
  });

  test.each([
    ["two Enters", (hands: Hands) => hands.key("Enter").wait(8).key("Enter")],
    ["Enter and ArrowDown", (hands: Hands) => hands.key("Enter").wait(8).key("ArrowDown")],
    ["Enter and Ctrl+J", (hands: Hands) => hands.key("Enter").wait(8).key("j", { command: true })],
    ["Enter and Tab", (hands: Hands) => hands.key("Enter").wait(8).key("Tab")],
  ])("ends once with CR LF as %s", (_, end) => {
    const hands = end(new Hands().type(PASS, 8)).rest(1000);
    expect(hands.scans).toEqual([PASS]);
    expect(hands.presses).toBe(0);
    expect(hands.unswallowed).toEqual([]);
  });

  test("without a terminator ends in silence", () => {
    const hands = new Hands().type(PASS, 8).rest(LIMITS.silence);
    expect(hands.scans).toEqual([PASS]);
  });

  test("with an Enter before it presses nothing", () => {
    const hands = new Hands().key("Enter").wait(8).type(PASS, 8).key("Enter").rest(1000);
    expect(hands.scans).toEqual([PASS]);
    expect(hands.presses).toBe(0);
  });

  test("is the same with CapsLock, another layout or an input method", () => {
    const spoilt = (one: string): Partial<Stroke> => ({
      key: /[A-Z]/.test(one) ? "Process" : "＃",
      code: strokeOf(one).code,
    });
    const hands = new Hands();
    for (const one of PASS) hands.key(one, spoilt(one)).wait(8);
    hands.key("Enter");
    expect(hands.scans).toEqual([PASS]);
  });

  test("keeps the signs of other people's codes", () => {
    const hands = new Hands();
    for (const one of "HTTPS://A.B/?X=1&Y=2") hands.key(one).wait(8);
    hands.key("Enter");
    expect(hands.scans).toEqual(["HTTPS://A.B/?X=1&Y=2"]);
  });

  test("with a key that nobody can read is passed on as unreadable, not guessed", () => {
    const hands = new Hands().type("YB1", 8).key("Unidentified", { code: "" }).key("A");
    expect(hands.key("Enter").scans).toEqual(["YB1\uFFFDA"]);
  });

  test("survives a pause of a busy machine in its middle", () => {
    const hands = new Hands().type(PASS.slice(0, 90), 8).wait(200).type(PASS.slice(90), 8);
    expect(hands.key("Enter").scans).toEqual([PASS]);
  });

  test("right after another is a scan of its own", () => {
    const hands = new Hands().type("YB1FIRST", 8).key("Enter").wait(8).type("YB1SECOND", 8);
    expect(hands.key("Enter").scans).toEqual(["YB1FIRST", "YB1SECOND"]);
  });

  test("after one that ended in silence is a scan of its own", () => {
    const hands = new Hands().type("YB1FIRST", 8).wait(400).type("YB1SECOND", 8).key("Enter");
    expect(hands.scans).toEqual(["YB1FIRST", "YB1SECOND"]);
  });

  test("of 7,089 digits gives its first 513 once, and the rest goes nowhere", () => {
    const hands = new Hands().type("1234567890".repeat(709).slice(0, 7089), 8);
    hands.key("Enter").rest(1000);
    expect(hands.scans.map((scan) => scan.length)).toEqual([513]);
    expect(hands.unswallowed).toEqual([]);
  });

  test("that takes longer than six seconds is cut, and the rest goes nowhere", () => {
    const hands = new Hands().type("A".repeat(200), 60).key("Enter").rest(1000);
    expect(hands.scans).toHaveLength(1);
    expect(hands.scans[0]?.length).toBeLessThan(110);
  });

  test("shows how far it has come", () => {
    const hands = new Hands().type(PASS.slice(0, 3), 8);
    expect(hands.wedge.progress()).toBeNull();
    hands.type(PASS.slice(3, 100), 8);
    expect(hands.wedge.progress()).toBeCloseTo(100 / 173);
  });
});

describe("a person at a keyboard", () => {
  test("typing is no scan", () => {
    const hands = new Hands().type("hello there", 140).key("Enter").rest(1000);
    expect(hands.scans).toEqual([]);
  });

  test("pressing Enter presses what has the focus, once", () => {
    const hands = new Hands().key("Enter").rest(LIMITS.gap);
    expect(hands.presses).toBe(1);
    expect(hands.rest(1000).presses).toBe(1);
  });

  test("pressing Space does so too", () => {
    expect(new Hands().key(" ").rest(LIMITS.gap).presses).toBe(1);
  });

  test("walking with Tab and pressing Enter after a moment presses", () => {
    const hands = new Hands().key("Tab").wait(LIMITS.quiet).key("Enter").rest(LIMITS.gap);
    expect(hands.presses).toBe(1);
  });

  test("walks with Tab", () => {
    expect(new Hands().key("Tab").wait(300).key("Tab").unswallowed).toEqual(["Tab", "Tab"]);
  });

  test("holding a key down is no scan", () => {
    const hands = new Hands().key("a");
    for (let n = 0; n < 50; n += 1) hands.wait(30).key("a", { repeat: true });
    expect(hands.rest(1000).scans).toEqual([]);
  });

  test("keeps Ctrl+V", () => {
    expect(new Hands().key("v", { command: true }).unswallowed).toEqual(["v"]);
  });
});

describe("a code that plays a person", () => {
  const tricks: [string, string[]][] = [
    ["Tab, Enter", ["Tab", "Enter"]],
    ["Tab, Space", ["Tab", " "]],
    ["Tab, Tab, Enter", ["Tab", "Tab", "Enter"]],
    ["Tab, Enter and the scanner's own Enter", ["Tab", "Enter", "Enter"]],
    ["Enter and the scanner's own Enter", ["Enter", "Enter"]],
    ["Enter and the scanner's own Tab", ["Enter", "Tab"]],
    ["Space and the scanner's own Enter", [" ", "Enter"]],
    ["an arrow and Enter", ["ArrowDown", "Enter"]],
    ["three letters, Tab, Enter", ["A", "B", "C", "Tab", "Enter"]],
    ["Tab, three letters, Enter, Enter", ["Tab", "A", "B", "C", "Enter", "Enter"]],
    ["Escape, Enter", ["Escape", "Enter"]],
    ["Enter, Escape", ["Enter", "Escape"]],
    ["a function key, Tab, Space", ["F6", "Tab", " "]],
  ];
  test.each(tricks)("%s: presses nothing at any speed of a scanner", (_, keys) => {
    for (const every of [0, 5, 20, 75, 120, 250]) {
      const hands = new Hands();
      // What comes slower than the gap has its say before the next key: the timer runs, too.
      for (const key of keys) {
        hands.key(key);
        if (every < LIMITS.gap) hands.wait(every);
        else hands.rest(every);
      }
      const alone = keys[0] === "Enter" || keys[0] === " ";
      // A lone Enter that nothing follows within the gap is a person's, whoever typed it.
      expect(hands.rest(1000).presses).toBe(alone && every >= LIMITS.gap ? 1 : 0);
    }
  });

  test("a command before Enter presses nothing", () => {
    const hands = new Hands().key("o", { command: true }).wait(8).key("Enter").rest(1000);
    expect(hands.presses).toBe(0);
  });
});

describe("tidy", () => {
  test("drops CR, LF and Tab at the ends and turns letters to capitals", () => {
    expect(tidy("\t\r\nyb1abc\r\n")).toBe("YB1ABC");
  });

  test("leaves other scripts alone", () => {
    expect(tidy("straße 北京")).toBe("STRAßE 北京");
  });

  test("never grows without bound", () => {
    expect(tidy("A".repeat(100_000))).toHaveLength(513);
  });
});

describe("listening", () => {
  test("the Enter of a burst presses no button, a lone one does", async () => {
    const button = document.body.appendChild(document.createElement("button"));
    let presses = 0;
    button.addEventListener("click", () => (presses += 1));
    button.focus();
    const scans: string[] = [];
    const stop = listen(window, { scanned: (text) => scans.push(text), reading: () => {} });

    for (const one of [...PASS, "Enter"]) {
      const event = keydown(one);
      button.dispatchEvent(event);
      expect(event.defaultPrevented).toBe(true);
    }
    await new Promise((done) => setTimeout(done, LIMITS.gap * 2));
    expect(scans).toEqual([PASS]);
    expect(presses).toBe(0);

    await new Promise((done) => setTimeout(done, LIMITS.quiet));
    button.dispatchEvent(keydown("Tab"));
    button.dispatchEvent(keydown("Enter"));
    await new Promise((done) => setTimeout(done, LIMITS.gap * 2));
    expect(presses).toBe(0);

    await new Promise((done) => setTimeout(done, LIMITS.quiet));
    button.dispatchEvent(keydown("Enter"));
    await new Promise((done) => setTimeout(done, LIMITS.gap * 2));
    expect(presses).toBe(1);
    stop();
    button.remove();
  });
});

function keydown(key: string): KeyboardEvent {
  const { code, shift } = strokeOf(key);
  return new KeyboardEvent("keydown", {
    key,
    code,
    shiftKey: shift,
    bubbles: true,
    cancelable: true,
  });
}

/** A key of a US keyboard. */
function strokeOf(key: string): Stroke {
  const signs: Record<string, [string, boolean]> = {
    ":": ["Semicolon", true],
    "/": ["Slash", false],
    "?": ["Slash", true],
    ".": ["Period", false],
    "=": ["Equal", false],
    "&": ["Digit7", true],
    " ": ["Space", false],
  };
  const [sign, shifted] = signs[key] ?? [key, /^[A-Z]$/.test(key)];
  const named = /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : sign;
  const code = /^\d$/.test(key) ? `Digit${key}` : named;
  return { code, key, shift: shifted, command: false, repeat: false, at: 0 };
}
