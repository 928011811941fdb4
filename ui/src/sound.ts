/**
 * The two sounds of a desk, made here: two rising tones for good news, two equal ones for
 * "please look". A machine without sound stays silent.
 */

/** What a sound says. */
export type Sound = "ok" | "attention";

const TONES: Record<Sound, [number, number]> = { ok: [880, 1320], attention: [660, 660] };
const LENGTH = 0.12;

let context: AudioContext | null = null;

/** Plays a sound, or nothing where that fails. */
export function play(sound: Sound): void {
  try {
    context ??= new AudioContext();
    void context.resume().catch(() => {});
    const start = context.currentTime;
    TONES[sound].forEach((pitch, n) => tone(context, pitch, start + n * LENGTH * 1.15));
  } catch {
    // No sound card, no codec, no permission: the screen says it all.
  }
}

function tone(on: AudioContext | null, pitch: number, start: number): void {
  if (!on) return;
  const source = new OscillatorNode(on, { frequency: pitch, type: "sine" });
  const volume = new GainNode(on, { gain: 0 });
  // Soft edges: a tone that starts or ends abruptly clicks.
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.25, start + 0.01);
  volume.gain.linearRampToValueAtTime(0, start + LENGTH);
  source.connect(volume).connect(on.destination);
  source.start(start);
  source.stop(start + LENGTH);
}
