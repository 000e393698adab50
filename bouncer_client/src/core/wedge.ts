const PAUSE_MS = 1_000;
const SHORTEST = 6;
const LONGEST = 512;

/**
 * A hardware scanner is a keyboard that types a code and Enter. Keys in, a text out when one is complete.
 * A pause starts anew, so that a stray key before a scan does not spoil it.
 */
export class Wedge {
  private typed = "";
  private typedAt = 0;

  /** Whether keys are being collected, so that their Enter is not a press of whatever has the focus. */
  get isTyping(): boolean {
    return this.typed !== "";
  }

  /** One key press; `now` in monotonic milliseconds. Returns the text that Enter completes. */
  press(key: string, now: number): string | null {
    if (now - this.typedAt > PAUSE_MS) this.typed = "";
    this.typedAt = now;
    if (key === "Enter") return this.take();
    if ([...key].length === 1) this.typed = (this.typed + key).slice(-LONGEST);
    return null;
  }

  private take(): string | null {
    const text = this.typed;
    this.typed = "";
    return text.length >= SHORTEST ? text : null;
  }
}
