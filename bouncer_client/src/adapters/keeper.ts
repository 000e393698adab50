import type { DeviceIdentity, DoorSnapshot } from "../../../realtime/client/protocol.gen.ts";
import { BrokenManifest, Manifest } from "../core/manifest.ts";

/** Who this phone is, and its proof. */
export interface Identity {
  readonly token: string;
  readonly device: DeviceIdentity;
}

/** A manifest and the place in the show's log that it stands at. */
export interface KeptManifest {
  readonly manifest: Manifest;
  readonly seq: number;
  readonly epoch: string;
  /** When it was last known to be the server's truth: UTC milliseconds. */
  readonly asOf: number;
}

/** The four methods of localStorage that are used. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const IDENTITY = "ngn.door.identity";
const MANIFEST = "ngn.door.manifest";
const CLOCK = "ngn.door.clock";
const DOOR_NAME = "ngn.door.name";
const DEBTS = "ngn.door.debts";

/**
 * What the phone keeps in localStorage: nothing that could not be fetched again, because localStorage loses minutes
 * of writes when a browser is killed. Scans are in the journal. Whatever cannot be read counts as not there.
 */
export class Keeper {
  constructor(private readonly store: Store) {}

  identity(): Identity | null {
    const kept = this.read(IDENTITY);
    return isIdentity(kept) ? kept : null;
  }

  saveIdentity(identity: Identity): void {
    this.write(IDENTITY, identity);
  }

  manifest(): KeptManifest | null {
    const kept = this.read(MANIFEST) as (Omit<KeptManifest, "manifest"> & { snapshot: DoorSnapshot }) | null;
    if (kept === null || typeof kept.seq !== "number" || typeof kept.epoch !== "string") return null;
    try {
      return { manifest: Manifest.read(kept.snapshot), seq: kept.seq, epoch: kept.epoch, asOf: kept.asOf };
    } catch (problem) {
      if (problem instanceof BrokenManifest) return null;
      throw problem;
    }
  }

  /** False when there is no room: then the one before, if any, is still there. */
  saveManifest({ manifest, seq, epoch, asOf }: KeptManifest): boolean {
    return this.write(MANIFEST, { seq, epoch, asOf, snapshot: manifest.snapshot() });
  }

  /** Server minus device, in milliseconds, as last heard. */
  clockOffset(): number {
    const kept = this.read(CLOCK);
    return typeof kept === "number" && Number.isFinite(kept) ? kept : 0;
  }

  saveClockOffset(offset: number): void {
    this.write(CLOCK, offset);
  }

  /** The door's name that was typed last, to offer it again. */
  doorName(): string {
    const kept = this.read(DOOR_NAME);
    return typeof kept === "string" ? kept : "";
  }

  saveDoorName(name: string): void {
    this.write(DOOR_NAME, name);
  }

  /** Who this phone was before, while its journal still owes scans of those days. */
  debts(): Identity[] {
    const kept = this.read(DEBTS);
    return Array.isArray(kept) ? kept.filter(isIdentity) : [];
  }

  owe(identity: Identity): void {
    this.write(DEBTS, [...this.without(identity), identity]);
  }

  /** Nothing of that phone is owed any more, or nobody will ever take it. */
  settled(identity: Identity): void {
    this.write(DEBTS, this.without(identity));
  }

  private without({ device }: Identity): Identity[] {
    return this.debts().filter((debt) => debt.device.id !== device.id);
  }

  /** This phone is no door phone any more. The journal is not touched, nor the right to tell what it owes. */
  forget(): void {
    this.store.removeItem(IDENTITY);
    this.store.removeItem(MANIFEST);
  }

  private read(key: string): unknown {
    try {
      return JSON.parse(this.store.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }

  private write(key: string, value: unknown): boolean {
    try {
      this.store.setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false; // full, or forbidden: all of it can be fetched again
    }
  }
}

function isIdentity(kept: unknown): kept is Identity {
  const { token, device } = (kept ?? {}) as Partial<Identity>;
  return typeof token === "string" && typeof device?.event === "string";
}
