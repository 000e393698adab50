import { expect, test } from "vitest";
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
