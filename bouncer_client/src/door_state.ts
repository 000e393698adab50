import type { Status } from "../../realtime/client/gateway.ts";
import type { Alert } from "./core/drain.ts";
import type { ScanRow } from "./core/journal.ts";
import type { Screen } from "./core/scan.ts";

/** Everything that the door's screens show. */
export interface DoorState {
  readonly status: Status;
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
  /** The last scans of this phone, newest first. */
  readonly recent: readonly ScanRow[];
  readonly alerts: readonly Alert[];
  readonly screen: Screen | null;
  /** The ticket in front of the camera has had its answer: it must go before it is scanned again. */
  readonly isHolding: boolean;
  /** A sentence for a person: this phone cannot scan at all, or not safely. */
  readonly fault: string | null;
  /** The venue has taken this phone's right away. */
  readonly isRemoved: boolean;
}
