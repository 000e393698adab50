export type Tone = "admit" | "deny" | "check";

/** A verdict's tone, or the alarm that somebody must come and read. */
export type Noise = Tone | "alarm";

interface Beep {
  readonly hz: number;
  readonly ms: number;
}

/** High and short for yes, low and twice for no, falling for "look": told apart with closed eyes. */
const BEEPS: Readonly<Record<Noise, readonly Beep[]>> = {
  admit: [{ hz: 880, ms: 120 }],
  deny: [
    { hz: 220, ms: 180 },
    { hz: 220, ms: 180 },
  ],
  check: [
    { hz: 587, ms: 130 },
    { hz: 392, ms: 200 },
  ],
  alarm: [
    { hz: 988, ms: 160 },
    { hz: 659, ms: 160 },
    { hz: 988, ms: 160 },
    { hz: 659, ms: 160 },
    { hz: 988, ms: 320 },
  ],
};
const BUZZES: Readonly<Record<Noise, number[]>> = {
  admit: [60],
  deny: [200, 80, 200],
  check: [60, 60, 60, 60, 120],
  alarm: [400, 100, 400, 100, 800],
};
const GAP_MS = 70;

export interface Sound {
  play(noise: Noise): void;
  /** Browsers silence a page that was in the background: call this when it is back. */
  resume(): void;
}

/** To be called in a tap: a phone lets no page make noise that was not asked for. Silent where there is no audio. */
export function openSound(): Sound {
  const context = typeof AudioContext === "undefined" ? null : new AudioContext();
  const resume = () => void context?.resume().catch(() => {});
  resume();
  return {
    resume,
    play: (noise) => {
      if (context !== null) playOn(context, BEEPS[noise]);
      navigator.vibrate?.(BUZZES[noise]);
    },
  };
}

function playOn(context: AudioContext, beeps: readonly Beep[]): void {
  let at = context.currentTime;
  for (const { hz, ms } of beeps) {
    const tone = new OscillatorNode(context, { frequency: hz, type: "square" });
    const loudness = new GainNode(context, { gain: 0 });
    tone.connect(loudness).connect(context.destination);
    // A few milliseconds of slope at both ends: a hard edge is a click.
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.5, at + 0.005);
    loudness.gain.setValueAtTime(0.5, at + ms / 1000 - 0.01);
    loudness.gain.linearRampToValueAtTime(0, at + ms / 1000);
    tone.start(at);
    tone.stop(at + ms / 1000);
    at += (ms + GAP_MS) / 1000;
  }
}
