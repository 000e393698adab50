import type { Status } from "../../realtime/client/gateway.ts";
import type { DeviceHere } from "../../realtime/client/protocol.gen.ts";
import type { ClockTrouble } from "./core/clock_doubt.ts";
import type { Alert } from "./core/drain.ts";
import type { ScanRow, UndoRow } from "./core/journal.ts";
import type { Screen } from "./core/scan.ts";

/** Everything that the door's screens show. */
export interface DoorState {
  readonly status: Status;
  /** Live, but the server's word takes long. */
  readonly isSlow: boolean;
  /** Other phones of the door that this one can talk to without the server. */
  readonly nearby: number;
  /** All phones of the door, this one too, as the server told last. */
  readonly team: readonly DeviceHere[];
  /** Since when there is nobody to ask, UTC milliseconds; null while there is. */
  readonly offlineSince: number | null;
  /** When the list was last known to be the server's truth; null while it follows live. */
  readonly listAsOf: number | null;
  readonly tickets: number;
  readonly inside: number;
  readonly expected: number;
  /** Scans that the server does not have yet. */
  readonly unsent: number;
  readonly clockOffsetMs: number;
  /** Why this phone's clock is not to be trusted; null while it is. */
  readonly clockTrouble: ClockTrouble | null;
  /** The last scans of this phone, newest first. */
  readonly recent: readonly ScanRow[];
  /** The undos of this phone that stand, by the ids of their scans. */
  readonly undone: ReadonlyMap<string, UndoRow>;
  /** The scans among the recent ones that may be taken back now. */
  readonly undoable: ReadonlySet<string>;
  readonly alerts: readonly Alert[];
  readonly screen: Screen | null;
  /** The ticket in front of the camera has had its answer: it must go before it is scanned again. */
  readonly isHolding: boolean;
  /** A ticket that is not on this phone's list waits for the server's word. */
  readonly isAsking: boolean;
  /** A sentence for a person: this phone cannot scan at all, or not safely. */
  readonly fault: string | null;
  /** The venue has taken this phone's right away. */
  readonly isRemoved: boolean;
}
