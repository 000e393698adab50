import type { Decision, DeviceIdentity, Entry, VerdictGiven } from "../../../realtime/client/protocol.gen.ts";
import { stepAt, toHex } from "../../../ticketing/client/live_code.ts";
import { decide, type Verdict } from "./admission.ts";
import type { Book } from "./book.ts";
import { type Certificate, type Certified, parseCertificate } from "./certificate.ts";
import { oddForm } from "./forms.ts";
import { Holds } from "./hold.ts";
import type { NewRow, ScanRow, Shown } from "./journal.ts";
import { Reader, type Reading, textKey } from "./reading.ts";

/** The phone's circumstances at one moment. */
export interface Situation {
  /** The heartbeat's word: is there a server to ask? */
  readonly live: boolean;
  /** UTC milliseconds by the server's clock, as well as it is known. */
  readonly serverNow: number;
  readonly clockOffsetMs: number;
  /** Milliseconds that never jump. */
  readonly monotonic: number;
}

/** What the whole screen shows. */
export interface Screen {
  readonly verdict: Shown;
  /** The server has said so; else the phone alone has. */
  readonly confirmed: boolean;
  readonly scannedAt: number;
  /** The scan that this answers, in the journal. */
  readonly scanId?: string;
}

export type ScanEffect =
  /** A late-sale certificate: is it good? */
  | { readonly do: "check"; readonly certificate: Certificate }
  | { readonly do: "append"; readonly row: NewRow }
  | { readonly do: "ask"; readonly row: ScanRow; readonly patienceMs: number }
  | { readonly do: "decide"; readonly scanId: string; readonly decision: Decision; readonly shown: Shown }
  | { readonly do: "acknowledge"; readonly answer: VerdictGiven }
  | { readonly do: "show"; readonly screen: Screen }
  | { readonly do: "clear" };

type Phase =
  | { readonly at: "idle" }
  | { readonly at: "checking"; readonly reading: Reading }
  | { readonly at: "journalling"; readonly reading: Reading }
  | {
      readonly at: "asking";
      readonly reading: Reading;
      readonly row: ScanRow;
      readonly isUnlisted: boolean;
      /** The log has told of this scan's own entry, before the answer to it came. */
      readonly told?: Entry;
    }
  | { readonly at: "deciding"; readonly reading: Reading }
  | { readonly at: "showing"; readonly reading: Reading; readonly clearAt: number };

/** How long the server may take when the phone could answer by itself. */
export const PATIENCE_MS = 300;
/** When it could not let the ticket in by itself, waiting is worth more than a quick amber. */
export const LONG_PATIENCE_MS = 1_500;
/** Long enough for somebody who looked away; the next ticket does not wait for it. */
const GREEN_MS = 1_600;
/** Scans of an earlier life of this phone, as old as this at most, may still be in front of its camera. */
const RECENT_MS = 60_000;
const SECOND_READ_MS = 1_500;
const IDLE: Phase = { at: "idle" };

/**
 * The scan, from a text to a verdict, without I/O: look up, journal, ask if there is somebody to ask, else decide.
 * One scan at a time; no verdict before its row is complete in the journal.
 */
export class ScanFlow {
  private phase: Phase = IDLE;
  private doubtful: { readonly text: string; readonly at: number } | null = null;
  private readonly typedBefore: string[] = [];
  private readonly holds = new Holds();
  private reader: Reader;

  constructor(
    private readonly book: Book,
    private readonly device: DeviceIdentity,
    private readonly newScanId: (at: number) => string,
  ) {
    this.reader = new Reader(book.manifest.salt);
  }

  /** The book has another manifest: codes may walk by another salt from now on. */
  manifestChanged(): void {
    this.reader = new Reader(this.book.manifest.salt);
  }

  /** What this phone answered a moment before it was opened anew: it may be in front of the camera still. */
  remember(rows: readonly ScanRow[], now: Situation): void {
    for (const { code, anchor, verdict, scanned_at } of rows)
      if (verdict !== null && verdict.t !== "interrupted" && now.serverNow - scanned_at < RECENT_MS)
        this.holds.settle({ text: code, key: anchor ?? textKey(code) }, verdict.t, now.monotonic);
  }

  get isBusy(): boolean {
    return this.phase.at !== "idle" && this.phase.at !== "showing";
  }

  /** A ticket that this phone does not know waits for the server's word. */
  get isAsking(): boolean {
    return this.phase.at === "asking" && this.phase.isUnlisted;
  }

  /** A ticket that has had its answer is still in front of the camera: no other attempt, however long it stays. */
  get isHolding(): boolean {
    return this.phase.at === "idle" && this.holds.isInView;
  }

  /** The camera has looked at a picture, and read this text; null when it read none. */
  seen(text: string | null, now: Situation): ScanEffect[] {
    this.holds.look(now.monotonic);
    if (text === null) return [];
    const reading = this.reader.read(text);
    const onScreen = this.phase.at === "showing" && this.phase.reading.key === reading.key;
    if (this.holds.covers(reading, onScreen, now.monotonic) || this.isBusy) return [];
    if (this.isFirstSightOfSomethingOdd(reading, now)) return [];
    return this.begin(reading, now);
  }

  /** A person or a hardware scanner typed this text: meant as it is, so it needs no second read. */
  typed(text: string, now: Situation): ScanEffect[] {
    if (!this.isBusy) return this.begin(this.reader.read(text.trim()), now);
    this.typedBefore.push(text);
    return [];
  }

  /** The late-sale certificate in front of the camera is good, or not. */
  checked(outcome: Certified, now: Situation): ScanEffect[] {
    return this.phase.at === "checking" ? this.keep(this.phase.reading, outcome, now) : [];
  }

  /** The row is complete in the journal. */
  journalled(row: ScanRow, now: Situation): ScanEffect[] {
    if (this.phase.at !== "journalling") return [];
    const { reading } = this.phase;
    if (row.decision !== "asked") return this.show(reading, this.screenOf(row), now);
    const local = this.judge(reading, row.scanned_at);
    this.phase = { at: "asking", reading, row, isUnlisted: local.t === "unlisted" };
    const isPatient = local.t === "unlisted" || local.t === "stale";
    return [{ do: "ask", row, patienceMs: isPatient ? LONG_PATIENCE_MS : PATIENCE_MS }];
  }

  /** The server has answered, or (null) has not in time. */
  answered(answer: VerdictGiven | null, now: Situation): ScanEffect[] {
    if (this.phase.at !== "asking") return [];
    const { reading, row } = this.phase;
    if (answer !== null && answer.verdict.t !== "by_order") {
      const screen = {
        verdict: answer.verdict,
        confirmed: true,
        scannedAt: row.scanned_at,
        scanId: row.scan_id,
      };
      return [{ do: "acknowledge", answer }, ...this.show(reading, screen, now)];
    }
    const shown = this.ownEntry(reading, this.phase.told) ?? this.judge(reading, row.scanned_at);
    this.phase = { at: "deciding", reading };
    return [{ do: "decide", scanId: row.scan_id, decision: decisionFor(shown), shown }];
  }

  /** The log tells of an entry: if it is that of the scan that is being asked for, it is no reason to refuse it. */
  entered(scanId: string, entry: Entry): void {
    if (this.phase.at === "asking" && this.phase.row.scan_id === scanId)
      this.phase = { ...this.phase, told: entry };
  }

  /** The phone's own decision is complete in the journal. */
  decided(row: ScanRow, now: Situation): ScanEffect[] {
    if (this.phase.at !== "deciding") return [];
    return this.show(this.phase.reading, this.screenOf(row), now);
  }

  /** The journal could not keep the row: then there is no verdict. */
  failed(): void {
    this.phase = IDLE;
  }

  dismissed(now: Situation): ScanEffect[] {
    if (this.phase.at !== "showing") return [];
    this.phase = IDLE;
    return [{ do: "clear" }, ...this.nextTyped(now)];
  }

  /** Green makes room by itself; red and amber wait for a hand or another ticket. */
  tick(now: Situation): ScanEffect[] {
    if (this.phase.at !== "showing" || now.monotonic < this.phase.clearAt) return [];
    return this.dismissed(now);
  }

  private begin(reading: Reading, now: Situation): ScanEffect[] {
    this.doubtful = null;
    const certificate = parseCertificate(reading.text);
    if (certificate === null) return this.keep(reading, this.alone(reading, now), now);
    this.phase = { at: "checking", reading };
    return [{ do: "check", certificate }];
  }

  /** What the phone says by itself, at once; null for what the server is to be asked. A ticket that is not on the list
   * is asked for whatever the socket says: there may be another way. */
  private alone(reading: Reading, now: Situation): Shown | null {
    const odd = reading.code === null ? oddForm(reading.text) : null;
    if (odd !== null) return odd;
    // A phone nearby has let it in and the server may not know yet: to ask now could let it in a second time.
    const isHinted = reading.anchor !== null && this.book.isHinted(reading.anchor);
    const shown = now.live && !isHinted ? null : this.judge(reading, now.serverNow);
    return shown?.t === "unlisted" ? null : shown;
  }

  private keep(reading: Reading, shown: Shown | null, now: Situation): ScanEffect[] {
    this.phase = { at: "journalling", reading };
    const row: NewRow = {
      scan_id: this.newScanId(now.serverNow),
      device: this.device.id,
      code: reading.text,
      anchor: reading.anchor && toHex(reading.anchor),
      scanned_at: Math.round(now.serverNow),
      clock_offset_ms: Math.round(now.clockOffsetMs),
      decision: shown === null ? "asked" : decisionFor(shown),
      verdict: shown,
      outcome: null,
      acknowledged: null,
    };
    return [{ do: "append", row }];
  }

  /** A misread must not insult a guest: what would be "unknown" or "no ticket" has to be read twice running. */
  private isFirstSightOfSomethingOdd(reading: Reading, now: Situation): boolean {
    if (reading.anchor !== null && this.book.standing(reading.anchor) !== null) return false;
    const before = this.doubtful;
    this.doubtful = { text: reading.text, at: now.monotonic };
    return before?.text !== reading.text || now.monotonic - before.at > SECOND_READ_MS;
  }

  private ownEntry({ anchor }: Reading, entry: Entry | undefined): Shown | null {
    const standing = entry && anchor && this.book.standing(anchor);
    return standing ? { t: "admitted", ticket_type: standing.ticket_type, entry } : null;
  }

  private judge(reading: Reading, at: number): Shown {
    const { window, rule } = this.book.manifest;
    const verdict = decide(
      {
        code: reading.code,
        standing: reading.anchor && this.book.standing(reading.anchor),
        nowStep: stepAt(window.starts_at, at, rule),
        here: { at: Math.round(at), door: this.device.name },
      },
      rule,
    );
    return isUnknown(verdict) ? { t: "unlisted" } : verdict;
  }

  private show(reading: Reading, screen: Screen, now: Situation): ScanEffect[] {
    const { verdict } = screen;
    if (reading.anchor !== null && (verdict.t === "admitted" || verdict.t === "already_in"))
      this.book.enter(reading.anchor, verdict.entry);
    if (verdict.t === "certified") {
      this.book.certify(verdict.anchor);
      this.holds.release(verdict.anchor);
    }
    this.holds.settle(reading, verdict.t, now.monotonic);
    const clearAt = verdict.t === "admitted" ? now.monotonic + GREEN_MS : Number.POSITIVE_INFINITY;
    this.phase = { at: "showing", reading, clearAt };
    return [{ do: "show", screen }, ...this.nextTyped(now)];
  }

  private screenOf(row: ScanRow): Screen {
    const verdict = row.verdict ?? { t: "unlisted" };
    return { verdict, confirmed: false, scannedAt: row.scanned_at, scanId: row.scan_id };
  }

  private nextTyped(now: Situation): ScanEffect[] {
    const text = this.typedBefore.shift();
    return text === undefined ? [] : this.typed(text, now);
  }
}

function isUnknown(verdict: Verdict): boolean {
  return verdict.t === "refused" && verdict.reason === "unknown";
}

function decisionFor(shown: Shown): Decision {
  return shown.t === "admitted" ? "admitted_offline" : "refused_offline";
}
