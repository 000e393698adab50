import type { Entry } from "../../../realtime/client/protocol.gen.ts";
import { fromHex, toHex } from "../../../ticketing/client/live_code.ts";
import type { Standing } from "./admission.ts";
import { type Hint, Hints } from "./hints.ts";
import type { ScanRow } from "./journal.ts";
import type { DoorFact, HeadCount, Manifest } from "./manifest.ts";

/**
 * What this phone knows: the server's manifest, and over it the entries that the phone has made itself and the server
 * has not told back yet, and the hints of other phones. Kept apart, because the manifest must stay the server's truth.
 */
export class Book {
  private readonly own = new Map<string, Entry>();
  /** Entries of this phone that it took back, while the manifest may still know them. */
  private readonly takenBack = new Map<string, Entry>();

  /** Tickets that are not on the list, by certificates that this phone has checked. */
  private readonly certified = new Set<string>();
  private readonly hints = new Hints((anchor) => this.isOpen(anchor));

  constructor(private list: Manifest) {}

  get manifest(): Manifest {
    return this.list;
  }

  set manifest(manifest: Manifest) {
    this.list = manifest;
    this.hints.recheckAll();
  }

  /** The log's next entry: what it tells, rules over hints. */
  apply(fact: DoorFact): void {
    this.list.apply(fact);
    if ("tickets" in fact) for (const { anchor } of fact.tickets) this.hints.told(anchor, null);
    if ("anchor" in fact && fact.anchor !== null)
      this.hints.told(fact.anchor, "scan_id" in fact ? fact.scan_id : null);
  }

  /** Another phone of the door let a ticket in, or took that back; whether it changes anything. */
  hear(hint: Hint, now: number): boolean {
    return this.hints.hear(hint, now);
  }

  /** What other phones told and the log has not. */
  get heard(): Hint[] {
    return this.hints.all();
  }

  /** The server has all that this device owed. */
  owesNothing(device: string, now: number): boolean {
    return this.hints.owesNothing(device, now);
  }

  /** Whether only another phone's hint says that this ticket is in. */
  isHinted(anchor: Uint8Array): boolean {
    return this.hints.entry(toHex(anchor)) !== null;
  }

  standing(anchor: Uint8Array): Standing | null {
    const standing = this.listed(anchor);
    if (standing === null || standing.status !== "active") return standing;
    const entry = this.own.get(toHex(anchor)) ?? this.hints.entry(toHex(anchor)) ?? undefined;
    return entry === undefined ? standing : { ...standing, status: "redeemed", entry };
  }

  /** Whether the server's list has this ticket. */
  isListed(anchor: string): boolean {
    return this.list.standing(fromHex(anchor)) !== null;
  }

  /** A late-sale certificate is good: the ticket counts as listed until the list itself tells of it. */
  certify(anchor: string): void {
    this.certified.add(anchor);
    this.hints.recheck(anchor);
  }

  /** This phone let a ticket in, or was told that it is in. */
  enter(anchor: Uint8Array, entry: Entry): void {
    const hex = toHex(anchor);
    const hinted = this.hints.entry(hex);
    if (hinted?.at === entry.at && hinted.door === entry.door) return; // a hint that was shown is no more than that
    this.own.set(hex, entry);
    this.hints.recheck(hex);
  }

  /** This phone took its own entry back: the ticket may enter again, whatever the manifest still says of that entry. */
  takeBack(anchor: string, entry: Entry): void {
    this.own.delete(anchor);
    this.takenBack.set(anchor, entry);
    this.hints.recheck(anchor);
  }

  /** The server does not have it so. */
  keepIn(anchor: string): void {
    this.takenBack.delete(anchor);
    this.hints.recheck(anchor);
  }

  /** What an earlier life of this phone let in. */
  remember(rows: readonly ScanRow[]): void {
    for (const { anchor, verdict } of rows) {
      if (anchor !== null && verdict?.t === "admitted") this.own.set(anchor, verdict.entry);
      if (verdict?.t === "certified") this.certify(verdict.anchor);
    }
  }

  headCount(): HeadCount {
    const { inside, expected } = this.manifest.headCount();
    const more = this.ownOnly() + this.hints.count - this.takenBackOnly();
    return { inside: inside + more, expected: expected + this.certifiedOnly() };
  }

  /** The log has told what became of this ticket. */
  isTold(anchor: string): boolean {
    return (this.list.standing(fromHex(anchor))?.status ?? "active") !== "active";
  }

  private isOpen(anchor: string): boolean {
    return this.listed(fromHex(anchor))?.status === "active" && !this.own.has(anchor);
  }

  /** What the manifest says, but for an entry that was taken back here. */
  private listed(anchor: Uint8Array): Standing | null {
    const standing = this.manifest.standing(anchor) ?? this.vouched(anchor);
    if (standing?.status !== "redeemed" || this.takenBack.size === 0) return standing;
    const undone = this.takenBack.get(toHex(anchor));
    return undone !== undefined && isSame(standing.entry, undone)
      ? { ...standing, status: "active", entry: null }
      : standing;
  }

  private vouched(anchor: Uint8Array): Standing | null {
    if (this.certified.size === 0 || !this.certified.has(toHex(anchor))) return null;
    return { ticket_type: LATE_SALE, status: "active", entry: null };
  }

  private certifiedOnly(): number {
    for (const anchor of this.certified) if (this.isListed(anchor)) this.certified.delete(anchor);
    return this.certified.size;
  }

  /** Entries that the manifest still counts; those that it has given up by now are dropped. */
  private takenBackOnly(): number {
    let count = 0;
    for (const [anchor, entry] of this.takenBack) {
      const standing = this.manifest.standing(fromHex(anchor));
      if (standing?.status === "redeemed" && isSame(standing.entry, entry)) count++;
      else if (standing?.status === "active") this.takenBack.delete(anchor);
    }
    return count;
  }

  /** Drop what the manifest says by now; count the rest. */
  private ownOnly(): number {
    let count = 0;
    for (const anchor of this.own.keys()) {
      const status = this.listed(fromHex(anchor))?.status;
      if (status === "active") count++;
      else this.own.delete(anchor);
    }
    return count;
  }
}

/** A certificate does not say what kind of ticket it is for. */
const LATE_SALE = "Late sale, by certificate";

/** The manifest knows seconds, and the server's clock may be a little off this phone's. */
const CLOCKS_MS = 5_000;

function isSame(entry: Entry | null, other: Entry): boolean {
  return entry !== null && entry.door === other.door && Math.abs(entry.at - other.at) < CLOCKS_MS;
}
