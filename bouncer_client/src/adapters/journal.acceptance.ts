import type { Verdict } from "../core/admission.ts";
import { isOwed, type Journal, type NewRow, type NewUndo } from "../core/journal.ts";

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
    "a decision is never weakened: another tab that takes the scan for dead does not take a green back",
    async (open) => {
      const journal = await open();
      await journal.append(row("a"));
      await journal.decide("a", "admitted_offline", ADMITTED);
      same((await journal.decide("a", "unknown", { t: "interrupted" })).decision, "admitted_offline");
      await journal.append(row("b"));
      await journal.decide("b", "unknown", { t: "interrupted" });
      same((await journal.decide("b", "admitted_offline", ADMITTED)).decision, "admitted_offline");
    },
  ],
  [
    "scans and undos are one count, each with a number of its own",
    async (open) => {
      const journal = await open();
      const [first, second, third] = [
        await journal.append(row("a")),
        await journal.undo(undo("u", "a")),
        await journal.append(row("b")),
      ];
      same([first.device_seq, second.device_seq, third.device_seq], [1, 2, 3]);
      same(await (await open()).undos("one"), [second]);
      same(await journal.undos("another"), []);
    },
  ],
  [
    "an undo is kept once, and the refused second takes no number",
    async (open) => {
      const journal = await open();
      await journal.undo(undo("u", "a"));
      await rejects(journal.undo(undo("u", "a")));
      same((await journal.undo(undo("v", "a"))).device_seq, 2);
    },
  ],
  [
    "a batch is settled in one write, each by its own kind, and what was never here is passed over",
    async (open) => {
      const journal = await open();
      for (const id of ["a", "b"]) await journal.append(row(id));
      await journal.decide("b", "admitted_offline", ADMITTED);
      await journal.undo(undo("u", "b"));
      const settled = await journal.settle(
        [
          { scan_id: "a", acknowledged: "asked", verdict: VOID },
          { scan_id: "b", acknowledged: "asked", verdict: ADMITTED },
          { scan_id: "nobody", acknowledged: "asked", verdict: ADMITTED },
        ],
        [
          { undo_id: "u", refusal: "too_late" },
          { undo_id: "nobody", refusal: null },
        ],
      );
      same(settled.scans.map(isOwed), [false, true]);
      same(
        settled.undos.map(({ acknowledged, refusal }) => [acknowledged, refusal]),
        [[true, "too_late"]],
      );
      same([await journal.rows("one"), await journal.undos("one")], [settled.scans, settled.undos]);
    },
  ],
  [
    "a device that owes anything cannot be forgotten; one that owes nothing leaves nothing",
    async (open) => {
      const journal = await open();
      await journal.append(row("a"));
      await journal.append(row("b", "another"));
      await rejects(journal.forget("one"));
      same((await journal.rows("one")).length, 1);
      await journal.acknowledge("a", "asked", ADMITTED);
      await journal.undo(undo("u", "a"));
      await rejects(journal.forget("one"));
      await journal.settle([], [{ undo_id: "u", refusal: null }]);
      await journal.forget("one");
      same([await journal.rows("one"), await journal.undos("one")], [[], []]);
      same((await journal.rows("another")).length, 1);
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

function undo(undo_id: string, scan_id: string): NewUndo {
  return {
    undo_id,
    scan_id,
    device: "one",
    undone_at: 2,
    clock_offset_ms: -5,
    acknowledged: false,
    refusal: null,
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
