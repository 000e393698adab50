import { expect, test } from "vitest";
import vectors from "../../../tests/vectors/late_sale.json";
import { verifyEd25519 } from "../adapters/ed25519.ts";
import { fromBase64 } from "./bytes.ts";
import { type Certificate, certify, parseCertificate } from "./certificate.ts";

const SHOW = {
  eventId: vectors.event_id,
  publicKey: fromBase64(vectors.public_key),
  isListed: false,
  listAsOf: 0,
};

function good(): Certificate {
  const [vector] = vectors.read;
  const certificate = parseCertificate(vector?.text ?? "");
  if (certificate === null) throw new Error("the first vector is a certificate");
  return certificate;
}

test.each(vectors.read)("$name is judged as the server judges it", async ({ text, certificate }) => {
  const parsed = parseCertificate(text);
  const judged = parsed && (await certify(parsed, SHOW, verifyEd25519));

  if (certificate === null) expect(judged?.t ?? "not_certified").toBe("not_certified");
  else
    expect(judged).toEqual({
      t: "certified",
      anchor: certificate.anchor,
      sold_at: certificate.issued_at * 1000,
    });
});

test("a ticket that is on the list needs no certificate", async () => {
  expect(await certify(good(), { ...SHOW, isListed: true }, verifyEd25519)).toEqual({
    t: "not_certified",
    why: "listed",
  });
});

test("a list that is younger than the sale would have the ticket, were it still good", async () => {
  const { soldAt } = good();

  const judgedBy = (listAsOf: number) => certify(good(), { ...SHOW, listAsOf }, verifyEd25519);

  expect(await judgedBy(soldAt + 300_000)).toMatchObject({ t: "certified" });
  expect(await judgedBy(soldAt + 300_001)).toEqual({ t: "not_certified", why: "too_old" });
});

test("a browser that cannot check believes nothing", async () => {
  expect(await certify(good(), SHOW, async () => null)).toEqual({ t: "not_certified", why: "cannot_check" });
});
