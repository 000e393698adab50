import type { DoorSnapshot, TopicSnapshot } from "../../../realtime/client/protocol.gen.ts";
import type { Identity } from "./keeper.ts";

const KNOWN = ["pairing_code_unknown", "pairing_code_expired", "pairing_code_used", "malformed"] as const;

/** Why a phone was not paired; `unreachable` when nobody answered, or not as agreed. */
export type PairingProblem = (typeof KNOWN)[number] | "unreachable";

/** The server's HTTP side, as the door needs it before there is a socket. */
export interface DoorApi {
  pair(code: string, name: string): Promise<Identity | PairingProblem>;
  /** "token_invalid" when this phone is a door phone no more. */
  manifest(token: string): Promise<DoorManifest | "token_invalid" | "unreachable">;
}

export interface DoorManifest {
  readonly epoch: string;
  readonly seq: number;
  readonly snapshot: DoorSnapshot;
}

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
