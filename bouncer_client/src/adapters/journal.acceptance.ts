import type { Verdict } from "../core/admission.ts";
import { isOwed, type Journal, type NewRow } from "../core/journal.ts";

/**
 * What every journal must do, the fake one and the real one: vitest runs this on the fake, a browser test on
 * IndexedDB. `open` gives a journal; called again, the same journal opened anew.
 */
export const journalPromises: readonly (readonly [
  string,
  (open: () => Promise<Journal>) => Promise<void>,
])[] = [
  [
    "scans are numbered 1, 2, 3 ... for each device of its own",
    async (open) => {
      const journal = await open();
      const numbers = [
        (await journal.append(row("a", "one"))).device_seq,
        (await journal.append(row("b", "one"))).device_seq,
        (await journal.append(row("c", "two"))).device_seq,
        (await journal.append(row("d", "one"))).device_seq,
      ];
      same(numbers, [1, 2, 1, 3]);
    },
  ],
  [
    "scans appended at the same time get different numbers, without a hole",
    async (open) => {
      const journal = await open();
      const rows = await Promise.all([..."abcdefgh"].map((id) => journal.append(row(id))));
      same(
        rows.map(({ device_seq }) => device_seq).sort((x, y) => x - y),
        [1, 2, 3, 4, 5, 6, 7, 8],
      );
    },
  ],
  [
    "a scan id is kept once, and the refused second takes no number",
    async (open) => {
      const journal = await open();
      await journal.append(row("a"));
      await rejects(journal.append(row("a")));
      same((await journal.append(row("b"))).device_seq, 2);
    },
  ],
  [
    "what was kept is there when the journal is opened again, oldest first, with the numbers going on",
    async (open) => {
      const before = await open();
      for (const id of ["z", "y", "x"]) await before.append(row(id));
      const journal = await open();
      const ids = (await journal.rows("one")).map(({ scan_id }) => scan_id);
      same(ids, ["z", "y", "x"]);
      same((await journal.append(row("w"))).device_seq, 4);
      same(await journal.rows("another"), []);
    },
  ],
  [
    "a decision changes the row under the same id and number",
    async (open) => {
      const journal = await open();
      await journal.append(row("a"));
      const decided = await journal.decide("a", "admitted_offline", ADMITTED);
      same([decided.device_seq, decided.decision, decided.verdict?.t], [1, "admitted_offline", "admitted"]);
      same(await journal.rows("one"), [decided]);
    },
  ],
  [
    "an acknowledgement of the row's own kind settles it",
    async (open) => {
      const journal = await open();
      await journal.append(row("a"));
      same(isOwed(await journal.acknowledge("a", "asked", ADMITTED)), false);
      const [kept] = await journal.rows("one");
      same([kept?.acknowledged, kept?.verdict, kept?.outcome], ["asked", ADMITTED, ADMITTED]);
    },
  ],
  [
    "what the server makes of a decision does not change what was shown",
    async (open) => {
      const journal = await open();
      await journal.append(row("a"));
      await journal.decide("a", "admitted_offline", ADMITTED);
      await journal.acknowledge("a", "admitted_offline", VOID);
      const [kept] = await journal.rows("one");
      same([kept?.acknowledged, kept?.verdict, kept?.outcome], ["admitted_offline", ADMITTED, VOID]);
    },
  ],
  [
    "an acknowledgement of another kind leaves the row owed",
    async (open) => {
      const journal = await open();
      await journal.append(row("a"));
      await journal.decide("a", "admitted_offline", ADMITTED);
      same(isOwed(await journal.acknowledge("a", "asked", ADMITTED)), true);
    },
  ],
  [
    "a row that is not there cannot be changed",
    async (open) => {
      const journal = await open();
      await rejects(journal.decide("nobody", "refused_offline", ADMITTED));
      await rejects(journal.acknowledge("nobody", "asked", ADMITTED));
    },
  ],
];

const VOID: Verdict = { t: "refused", reason: "void" };
const ADMITTED: Verdict = { t: "admitted", ticket_type: "GA", entry: { at: 1, door: "Door Ü 🚪" } };

function row(scan_id: string, device = "one"): NewRow {
  return {
    scan_id,
    device,
    code: "1",
    anchor: null,
    scanned_at: 1,
    clock_offset_ms: -5,
    decision: "asked",
    verdict: null,
    outcome: null,
    acknowledged: null,
  };
}

function same(found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`found ${a}, wanted ${b}`);
}

async function rejects(promise: Promise<unknown>): Promise<void> {
  const outcome = await promise.then(
    () => "kept",
    () => "rejected",
  );
  same(outcome, "rejected");
}
