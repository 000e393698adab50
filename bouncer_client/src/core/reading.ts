import { anchorOf, type LiveCode, parse, toHex } from "../../../ticketing/client/live_code.ts";

const LONGEST_CODE = 512; // what the protocol takes
const REMEMBERED = 64;

/** A text from the camera or the keyboard, and the ticket that it leads to. */
export interface Reading {
  /** Fit for the protocol: cut to length, without broken characters. */
  readonly text: string;
  readonly code: LiveCode | null;
  readonly anchor: Uint8Array | null;
  /** The same for every code of one ticket, however often its text changes. */
  readonly key: string;
}

/** Reads texts for one show. A phone held still gives the same text ten times a second: it is walked once. */
export class Reader {
  private readonly known = new Map<string, Reading>();

  constructor(private readonly salt: Uint8Array) {}

  read(raw: string): Reading {
    const known = this.known.get(raw);
    if (known !== undefined) return known;
    const reading = this.make(raw);
    const oldest = this.known.keys().next();
    if (this.known.size >= REMEMBERED && !oldest.done) this.known.delete(oldest.value);
    this.known.set(raw, reading);
    return reading;
  }

  private make(raw: string): Reading {
    const code = parse(raw);
    const text = forProtocol(raw);
    if (code === null) return { text, code, anchor: null, key: textKey(text) };
    const anchor = anchorOf(this.salt, code);
    return { text, code, anchor, key: toHex(anchor) };
  }
}

/** The key of a text that leads to no ticket. */
export function textKey(text: string): string {
  return `text:${text}`;
}

/** Cut between characters, never within one: half a character is not JSON that a strict server reads. */
function forProtocol(raw: string): string {
  const whole = raw.replace(/\p{Surrogate}/gu, "\ufffd");
  return whole.length <= LONGEST_CODE ? whole : [...whole].slice(0, LONGEST_CODE).join("");
}
