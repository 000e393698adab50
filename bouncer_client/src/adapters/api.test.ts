import { describe, expect, test } from "vitest";
import { snapshotOf } from "../core/testing.ts";
import { doorApi } from "./api.ts";

const IDENTITY = { token: "t", device: { id: "d", name: "Door A", event: "e" } };
const MANIFEST = {
  t: "snapshot",
  topic: "door:e",
  epoch: "e1",
  seq: 3,
  snapshot: snapshotOf({ fan: "active" }),
};

/** A server that answers everything with this, and keeps what it was asked. */
function server(status: number, body: unknown) {
  const asked: { url: string; init: RequestInit | undefined }[] = [];
  const call = async (input: RequestInfo | URL, init?: RequestInit) => {
    asked.push({ url: String(input), init });
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
  };
  return { api: doorApi(call), asked };
}

test("pairing sends the code and the door's name, and brings the phone's identity", async () => {
  const { api, asked } = server(201, IDENTITY);

  expect(await api.pair("abc", "Door A")).toEqual(IDENTITY);
  expect(asked[0]).toMatchObject({ url: "/door/api/pair", init: { method: "POST" } });
  expect(JSON.parse(String(asked[0]?.init?.body))).toEqual({ code: "abc", name: "Door A" });
});

test.each(["pairing_code_unknown", "pairing_code_expired", "pairing_code_used", "malformed"])(
  "a refusal is named: %s",
  async (code) => {
    expect(await server(400, { code }).api.pair("abc", "Door A")).toBe(code);
  },
);

test.each<[number, unknown]>([
  [502, "<html>"],
  [500, {}],
  [201, { token: 5 }],
  [400, { code: "something new" }],
  [201, null],
])("an answer of %i that is not as agreed is no answer", async (status, body) => {
  expect(await server(status, body).api.pair("abc", "Door A")).toBe("unreachable");
  expect(await server(status, body).api.manifest("t")).toBe("unreachable");
});

test("no network is no answer", async () => {
  const api = doorApi(() => Promise.reject(new TypeError("Failed to fetch")));

  expect(await api.pair("abc", "Door A")).toBe("unreachable");
  expect(await api.manifest("t")).toBe("unreachable");
});

test("the manifest comes with its place in the log, for the token in the header", async () => {
  const { api, asked } = server(200, MANIFEST);

  expect(await api.manifest("secret")).toMatchObject({ epoch: "e1", seq: 3 });
  expect(asked[0]?.init?.headers).toEqual({ Authorization: "Bearer secret" });
  expect(asked[0]?.url).not.toContain("secret");
});

test("a token that is nobody's is told apart from a bad line", async () => {
  expect(await server(401, { code: "token_invalid" }).api.manifest("t")).toBe("token_invalid");
});

describe("telling by HTTP", () => {
  const DRAINED = { t: "drained", ref: 0, scans: [], undos: [], refused: [] };
  const scan = {
    scan_id: "s",
    device_seq: 1,
    code: "1",
    scanned_at: 1,
    clock_offset_ms: 0,
    decision: "asked",
  } as const;

  test("is the gateway's own message, under the phone's token", async () => {
    const asked: [unknown, RequestInit | undefined][] = [];
    const api = doorApi(async (input, init) => {
      asked.push([input, init]);
      return new Response(JSON.stringify(DRAINED));
    });

    expect(await api.tell("t", [scan], [])).toEqual(DRAINED);
    const [[url, init] = []] = asked;
    expect([url, init?.method]).toEqual(["/door/api/scans", "POST"]);
    expect(init?.headers).toMatchObject({ Authorization: "Bearer t" });
    expect(JSON.parse(String(init?.body))).toEqual({ t: "drain", ref: 0, scans: [scan], undos: [] });
  });

  test.each([
    [401, { code: "token_invalid" }, "token_invalid"],
    [400, { code: "malformed" }, "malformed"],
    [413, { code: "malformed" }, "malformed"],
    [503, { code: "unavailable" }, "unreachable"],
    [200, { t: "something else" }, "unreachable"],
  ])("%s %j is %s", async (status, body, told) => {
    const api = doorApi(async () => new Response(JSON.stringify(body), { status }));

    expect(await api.tell("t", [scan], [])).toBe(told);
  });
});

describe("asking about an Order ID", () => {
  test("goes out under the phone's token, and brings the numbers", async () => {
    const { api, asked } = server(200, { known: true, tickets: 4, inside: 1 });

    expect(await api.order("secret", "3G9230VQVSQ")).toEqual({ known: true, tickets: 4, inside: 1 });
    expect(asked[0]).toMatchObject({
      url: "/door/api/orders/3G9230VQVSQ",
      init: { headers: { Authorization: "Bearer secret" }, cache: "no-store" },
    });
  });

  test.each<[number, unknown]>([
    [429, { code: "too_often" }],
    [200, { known: true }],
    [200, "<html>"],
    [401, { code: "token_invalid" }],
  ])("an answer of %i that is not as agreed is nobody's word", async (status, body) => {
    expect(await server(status, body).api.order("t", "3G9230VQVSQ")).toBeNull();
  });
});
