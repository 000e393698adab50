import type { Entry } from "../../../realtime/client/protocol.gen.ts";
import { fromHex, toHex } from "../../../ticketing/client/live_code.ts";
import type { Standing } from "./admission.ts";
import type { ScanRow } from "./journal.ts";
import type { HeadCount, Manifest } from "./manifest.ts";

/**
 * What this phone knows: the server's manifest, and over it the entries that the phone has made itself and the server
 * has not told back yet. Kept apart, because the manifest must stay the server's truth.
 */
export class Book {
  private readonly own = new Map<string, Entry>();

  constructor(public manifest: Manifest) {}

  standing(anchor: Uint8Array): Standing | null {
    const standing = this.manifest.standing(anchor);
    if (standing === null || standing.status !== "active") return standing;
    const entry = this.own.get(toHex(anchor));
    return entry === undefined ? standing : { ...standing, status: "redeemed", entry };
  }

  /** This phone let a ticket in, or was told that it is in. */
  enter(anchor: Uint8Array, entry: Entry): void {
    this.own.set(toHex(anchor), entry);
  }

  /** What an earlier life of this phone let in. */
  remember(rows: readonly ScanRow[]): void {
    for (const { anchor, verdict } of rows)
      if (anchor !== null && verdict?.t === "admitted") this.own.set(anchor, verdict.entry);
  }

  headCount(): HeadCount {
    const { inside, expected } = this.manifest.headCount();
    return { inside: inside + this.ownOnly(), expected };
  }

  /** Drop what the manifest says by now; count the rest. */
  private ownOnly(): number {
    let count = 0;
    for (const anchor of this.own.keys()) {
      const status = this.manifest.standing(fromHex(anchor))?.status;
      if (status === "active") count++;
      else this.own.delete(anchor);
    }
    return count;
  }
}
