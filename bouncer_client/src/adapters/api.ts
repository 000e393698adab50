import type {
  DoorSnapshot,
  Drain,
  Drained,
  ScanFact,
  TopicSnapshot,
  UndoFact,
} from "../../../realtime/client/protocol.gen.ts";
import type { OrderAtDoor } from "../core/by_hand.ts";
import type { Identity } from "./keeper.ts";

const KNOWN = ["pairing_code_unknown", "pairing_code_expired", "pairing_code_used", "malformed"] as const;

/** Why a phone was not paired; `unreachable` when nobody answered, or not as agreed. */
export type PairingProblem = (typeof KNOWN)[number] | "unreachable";

/** The server's HTTP side, as the door needs it before there is a socket. */
export interface DoorApi {
  pair(code: string, name: string): Promise<Identity | PairingProblem>;
  /** "token_invalid" when this phone is a door phone no more. */
  manifest(token: string): Promise<DoorManifest | "token_invalid" | "unreachable">;
  /** Tell scans and undos, at most 200 of each, where there is no socket; also for a phone that was removed. */
  tell(
    token: string,
    scans: readonly ScanFact[],
    undos: readonly UndoFact[],
    patienceMs?: number,
  ): Promise<Told>;
  /** What the server knows of an Order ID, now; null when nobody answers in time. */
  order(token: string, orderId: string, patienceMs?: number): Promise<OrderAtDoor | null>;
}

/** The server's answer; "malformed" when it cannot read what it was told, and would not when told again. */
export type Told = Drained | "token_invalid" | "malformed" | "unreachable";

export interface DoorManifest {
  readonly epoch: string;
  readonly seq: number;
  readonly snapshot: DoorSnapshot;
}

const PATIENCE_MS = 10_000;
/** Somebody waits at the door for it. */
const ORDER_PATIENCE_MS = 2_500;

export function doorApi(call: typeof fetch = (input, init) => fetch(input, init)): DoorApi {
  return {
    pair: async (code, name) => {
      const answer = await json(() =>
        call("/door/api/pair", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ code, name }),
        }),
      );
      if (answer?.status === 201 && isIdentity(answer.body)) return answer.body;
      return KNOWN.find((problem) => problem === answer?.body["code"]) ?? "unreachable";
    },
    manifest: async (token) => {
      const answer = await json(() =>
        call("/door/api/manifest", { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" }),
      );
      if (answer?.status === 401) return "token_invalid";
      return answer?.status === 200 && isManifest(answer.body) ? answer.body : "unreachable";
    },
    tell: async (token, scans, undos, patienceMs = PATIENCE_MS) => {
      const drain: Drain = { t: "drain", ref: 0, scans: [...scans], undos: [...undos] };
      const answer = await json(() =>
        call("/door/api/scans", {
          method: "POST",
          headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
          body: JSON.stringify(drain),
          signal: AbortSignal.timeout(patienceMs),
        }),
      );
      if (answer?.status === 401) return "token_invalid";
      if (answer?.status === 400 || answer?.status === 413) return "malformed";
      return answer?.status === 200 && isDrained(answer.body) ? answer.body : "unreachable";
    },
    order: async (token, orderId, patienceMs = ORDER_PATIENCE_MS) => {
      const answer = await json(() =>
        call(`/door/api/orders/${orderId}`, {
          headers: { Authorization: `Bearer ${token}` },
          cache: "no-store",
          signal: AbortSignal.timeout(patienceMs),
        }),
      );
      return answer?.status === 200 && isOrder(answer.body) ? answer.body : null;
    },
  };
}

type Body = Readonly<Record<string, unknown>>;

async function json(ask: () => Promise<Response>): Promise<{ status: number; body: Body } | null> {
  try {
    const response = await ask();
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? { status: response.status, body: body as Body } : null;
  } catch {
    return null;
  }
}

function isIdentity(body: unknown): body is Identity {
  const { token, device } = body as Partial<Identity>;
  return typeof token === "string" && typeof device?.id === "string" && typeof device.event === "string";
}

function isManifest(body: unknown): body is DoorManifest & TopicSnapshot {
  const message = body as Partial<TopicSnapshot>;
  return (
    message.t === "snapshot" && message.snapshot?.t === "door_snapshot" && typeof message.seq === "number"
  );
}

function isOrder(body: unknown): body is OrderAtDoor {
  const { known, tickets, inside } = body as Partial<OrderAtDoor>;
  return typeof known === "boolean" && [tickets, inside].every(Number.isInteger);
}

function isDrained(body: unknown): body is Drained {
  const { t, scans, undos, refused } = body as Partial<Drained>;
  return t === "drained" && [scans, undos, refused].every(Array.isArray);
}
