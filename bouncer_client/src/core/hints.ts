import type { Entry } from "../../../realtime/client/protocol.gen.ts";

/** What one phone of a door tells another without a server: `by` let a ticket in, or took that back. */
export interface Hint {
  /** The ticket, in hex. */
  readonly anchor: string;
  readonly entry: Entry;
  readonly scan_id: string;
  /** The id of the device whose scan it is. */
  readonly by: string;
  readonly undone?: true;
}

interface Heard {
  readonly hint: Hint;
  readonly at: number;
}

/** More than a house lets in: beyond it, phones know of each other only through the server. */
export const MOST_HINTS = 20_000;
/** The log's last words may come a moment after the word that a phone owes nothing. */
const LOG_MS = 5_000;

/**
 * What other phones of the door said that they let in, and the log has not told yet. Never more than a hint: the log
 * rules wherever it speaks of a ticket. `isOpen` says whether a ticket may enter for all that this phone knows else.
 */
export class Hints {
  private readonly heard = new Map<string, Map<string, Heard>>();
  /** Scans of which no hint is needed any more: taken back, or told by the log. They may come late, over another phone. */
  private readonly over = new Set<string>();
  private readonly effective = new Set<string>();
  private size = 0;

  constructor(private readonly isOpen: (anchor: string) => boolean) {}

  /** How many are in by hints alone. */
  get count(): number {
    return this.effective.size;
  }

  /** The earliest entry that others told of this ticket. */
  entry(anchor: string): Entry | null {
    if (!this.effective.has(anchor)) return null;
    const entries = [...(this.heard.get(anchor)?.values() ?? [])].map(({ hint }) => hint.entry);
    return entries.reduce<Entry | null>(
      (first, entry) => (first !== null && first.at <= entry.at ? first : entry),
      null,
    );
  }

  /** All that is held, to be told to a phone that comes later. */
  all(): Hint[] {
    return [...this.heard.values()].flatMap((scans) => [...scans.values()].map(({ hint }) => hint));
  }

  /** Take a hint in; whether it changes anything. `now` in monotonic milliseconds. */
  hear(hint: Hint, now: number): boolean {
    const { anchor, scan_id, undone } = hint;
    if (undone) return this.end(anchor, scan_id);
    const scans = this.heard.get(anchor);
    if (this.over.has(scan_id) || scans?.has(scan_id) || this.size >= MOST_HINTS) return false;
    if (scans === undefined) this.heard.set(anchor, new Map([[scan_id, { hint, at: now }]]));
    else scans.set(scan_id, { hint, at: now });
    this.size++;
    return this.recheck(anchor);
  }

  /** The log has told of this ticket, and perhaps of this scan: what it says rules. */
  told(anchor: string, scanId: string | null | undefined): void {
    if (scanId) this.end(anchor, scanId);
    this.recheck(anchor);
  }

  /** This device owes the server nothing: what the log does not say of it by now, it does not say. */
  owesNothing(device: string, now: number): boolean {
    let changed = false;
    for (const scans of [...this.heard.values()])
      for (const { hint, at } of [...scans.values()])
        if (hint.by === device && now - at > LOG_MS) changed = this.end(hint.anchor, hint.scan_id) || changed;
    return changed;
  }

  /** The list is another: every ticket may stand otherwise by now. */
  recheckAll(): void {
    for (const anchor of [...this.heard.keys()]) this.recheck(anchor);
  }

  /** Something else about this ticket has changed; whether that changes what the hints say of it. */
  recheck(anchor: string): boolean {
    const before = this.effective.has(anchor);
    const is = this.heard.has(anchor) && this.isOpen(anchor);
    if (is) this.effective.add(anchor);
    else this.effective.delete(anchor);
    return is !== before;
  }

  private end(anchor: string, scanId: string): boolean {
    this.over.add(scanId);
    const scans = this.heard.get(anchor);
    if (!scans?.delete(scanId)) return false;
    this.size--;
    if (scans.size === 0) this.heard.delete(anchor);
    return this.recheck(anchor);
  }
}
