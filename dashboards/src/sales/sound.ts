const STRIKES = [
  { at: 0, hertz: 1318.5 },
  { at: 0.09, hertz: 1976 },
  { at: 0.16, hertz: 2637 },
] as const;

const ALARM = [
  { at: 0, hertz: 988 },
  { at: 0.25, hertz: 659 },
  { at: 0.5, hertz: 988 },
  { at: 0.75, hertz: 659 },
] as const;

/** Seconds between two rings at least. */
const SHORTEST_S = 0.35;

/**
 * The till's bell. Off until somebody switches it on: browsers let a page sound only after a tap, and an office
 * with ten shows does not want ten bells.
 */
export class Till {
  private context: AudioContext | null = null;
  private rang = Number.NEGATIVE_INFINITY;

  /** Must be called from the tap itself. */
  async switchOn(): Promise<void> {
    this.context ??= new AudioContext();
    await this.context.resume();
    this.ring();
  }

  switchOff(): void {
    void this.context?.close();
    this.context = null;
    this.rang = Number.NEGATIVE_INFINITY;
  }

  /** Something else than money: somebody must look. */
  alarm(): void {
    const { context } = this;
    if (context?.state !== "running") return;
    for (const { at, hertz } of ALARM) strike(context, context.currentTime + at, hertz);
  }

  ring(): void {
    const context = this.context;
    if (context === null || context.state !== "running") return;
    // After a drop many sales arrive at once: one till cannot ring thirty times together.
    if (context.currentTime - this.rang < SHORTEST_S) return;
    this.rang = context.currentTime;
    for (const { at, hertz } of STRIKES) strike(context, context.currentTime + at, hertz);
  }
}

function strike(context: AudioContext, at: number, hertz: number): void {
  const tone = new OscillatorNode(context, { type: "triangle", frequency: hertz });
  const loudness = new GainNode(context, { gain: 0 });
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(0.16, at + 0.006);
  loudness.gain.exponentialRampToValueAtTime(0.0005, at + 0.55);
  tone.connect(loudness).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.6);
}

/** Wire the switch; it shows itself, because without this module it could do nothing. */
export function soundSwitch(button: HTMLElement, till: Till): void {
  button.hidden = false;
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-checked") !== "true";
    button.setAttribute("aria-checked", String(on));
    if (on) void till.switchOn();
    else till.switchOff();
  });
}
