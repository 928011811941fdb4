/**
 * What the page knows: the latest view, and a scan on its way.
 *
 * It passes on what people do and decides nothing. A desk that does not answer changes nothing on
 * the screen.
 */
import type { Backend, Sight } from "./backend";
import type { Scanners } from "./bindings/Scanners";
import type { Touch } from "./bindings/Touch";
import type { View } from "./bindings/View";
import { type Sound, play } from "./sound";

/** A second tap of an impatient finger must not answer the next screen's question. */
const BETWEEN_PRESSES_MS = 400;
const BETWEEN_SIGNS_OF_LIFE_MS = 1000;
const READING_AT_MOST_MS = 3000;
const ASK_AGAIN_MS = 1000;
const BETWEEN_LOOKS_MS = 500;
const BETWEEN_CAMERAS_MS = 2000;
/** Staff who walk away leave the page to the guests. */
const STAFF_MS = 60_000;

/** The page's side of a station. */
export class Station {
  /** What is shown; null before the desk's first word. */
  view = $state.raw<View | null>(null);
  /** How far a scan has been read, 0 to 1; null while none is. */
  reading = $state<number | null>(null);

  /** What the scanner page shows; null while it is closed. */
  scanners = $state.raw<Scanners | null>(null);
  /** The camera that guests look into; null where there is none. */
  camera = $state<number | null>(null);

  private listening = false;
  private pressed = -Infinity;
  private alive = -Infinity;
  private answer: ReturnType<typeof setTimeout> | undefined;
  private looking: ReturnType<typeof setTimeout> | undefined;
  private staffUntil = 0;

  constructor(
    private readonly backend: Backend,
    private readonly sound: (sound: Sound) => void = play,
  ) {}

  /** Listens to the desk, and asks until it has shown something. */
  async start(): Promise<void> {
    while (!(await this.attach())) {
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  /** Hands over a scan and keeps the disc full until the desk answers. */
  scanned(text: string): void {
    this.reading = 1;
    clearTimeout(this.answer);
    this.answer = setTimeout(() => (this.reading = null), READING_AT_MOST_MS);
    void this.tell(() => this.backend.scanned(text));
  }

  /** Shows how far a scanner that types has come. */
  read(progress: number | null): void {
    // A scan that waits for its answer stays full.
    if (progress === null && this.reading === 1) return;
    this.reading = progress;
  }

  /** A button was pressed on the view with that number. */
  press(touch: Touch, number: number): void {
    const now = performance.now();
    if (now - this.pressed < BETWEEN_PRESSES_MS) return;
    this.pressed = now;
    void this.tell(() => this.backend.touched(touch, number));
  }

  /** Somebody touched the screen anywhere. */
  here(): void {
    const now = performance.now();
    const view = this.view;
    if (this.scanners) this.staffUntil = now + STAFF_MS;
    if (!view || now - this.alive < BETWEEN_SIGNS_OF_LIFE_MS) return;
    this.alive = now;
    void this.tell(() => this.backend.touched("still_here", view.number));
  }

  /** Somebody chose a language. */
  choose(language: string): void {
    void this.tell(() => this.backend.language(language));
  }

  /** Returns the newest picture of a camera. */
  async picture(camera: number, after: string): Promise<Sight | null> {
    return this.backend.picture(camera, after).catch(() => null);
  }

  /** Opens the scanner page, until somebody closes it or nobody has touched it for a minute. */
  openScanners(): void {
    this.staffUntil = performance.now() + STAFF_MS;
    void this.lookAtScanners();
  }

  /** Closes the scanner page. */
  closeScanners(): void {
    this.staffUntil = 0;
    this.scanners = null;
    clearTimeout(this.looking);
  }

  /** Looks from now on whether there is a camera. Returns how to stop. */
  watchCamera(): () => void {
    const look = async () => {
      this.camera = await this.backend.camera().catch(() => null);
    };
    void look();
    const timer = setInterval(look, BETWEEN_CAMERAS_MS);
    return () => clearInterval(timer);
  }

  private async lookAtScanners(): Promise<void> {
    clearTimeout(this.looking);
    if (performance.now() >= this.staffUntil) return this.closeScanners();
    const scanners = await this.backend.scanners().catch(() => null);
    // It may have been closed meanwhile.
    if (performance.now() >= this.staffUntil) return this.closeScanners();
    if (scanners) this.scanners = scanners;
    this.looking = setTimeout(() => void this.lookAtScanners(), BETWEEN_LOOKS_MS);
  }

  private async attach(): Promise<boolean> {
    try {
      if (!this.listening) await this.backend.hear((view) => this.show(view));
      this.listening = true;
      const first = await this.backend.view();
      // A view that came meanwhile is newer.
      if (!this.view) this.show(first);
    } catch {
      // The desk is still waking up.
    }
    return this.listening && this.view !== null;
  }

  private show(view: View): void {
    const before = this.view;
    this.view = view;
    if (before?.number !== view.number) {
      clearTimeout(this.answer);
      this.reading = null;
    }
    const sound = soundOf(before, view);
    if (sound) this.sound(sound);
  }

  private async tell(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch {
      // Nobody in front of the screen can do anything about it; the desk keeps its own log.
    }
  }
}

/** Returns what is to be heard when a view follows another. */
export function soundOf(before: View | null, view: View): Sound | null {
  if (before === null) return null;
  if (before.countdown === null && view.countdown !== null) return "attention";
  if (before.number === view.number) return null;
  return SOUNDS[view.screen.kind];
}

const SOUNDS: Record<View["screen"]["kind"], Sound | null> = {
  attract: null,
  elsewhere: null,
  confirm: "ok",
  printing: null,
  ask: "attention",
  done: "ok",
  already_in: "ok",
  help: "attention",
};
