import type { LinkEvents, Links, OpenLinks } from "./rtc.ts";

/** One phone's links, and all that they have told. */
export class Side implements LinkEvents {
  readonly links: Links;
  readonly told: string[] = [];
  private readonly descriptions = new Map<string, string>();

  constructor(open: OpenLinks) {
    this.links = open(this);
  }

  described(session: string, sdp: string): void {
    this.descriptions.set(session, sdp);
  }

  opened(session: string): void {
    this.told.push(`opened ${session}`);
  }

  received(session: string, text: string): void {
    this.told.push(`${session}: ${text}`);
  }

  closed(session: string): void {
    this.told.push(`closed ${session}`);
  }

  async description(session: string): Promise<string> {
    await until(() => this.descriptions.has(session));
    return this.descriptions.get(session) ?? "";
  }

  async hears(line: string): Promise<void> {
    await until(() => this.told.includes(line));
  }
}

/** What every network between two phones must do: vitest runs this on the fake, a browser test on WebRTC. */
export const linkPromises: readonly (readonly [string, (open: OpenLinks) => Promise<void>])[] = [
  [
    "an offer and its answer open a link at both ends, and its messages come whole and in order",
    async (open) => {
      const [one, two] = await joined(open, "s");
      const long = "x".repeat(16_000);
      for (const text of ["1", "2", long]) one.links.send("s", text);
      two.links.send("s", "back");
      await two.hears(`s: ${long}`);
      await one.hears("s: back");
      same(two.told, ["opened s", "s: 1", "s: 2", `s: ${long}`]);
      same(one.told, ["opened s", "s: back"]);
    },
  ],
  [
    "several links are kept apart",
    async (open) => {
      const [one, two] = await joined(open, "s");
      await join(one, two, "t");
      one.links.send("t", "only there");
      await two.hears("t: only there");
      one.links.close("t");
      await two.hears("closed t");
      one.links.send("s", "still here");
      await two.hears("s: still here");
    },
  ],
  [
    "whoever closes a link is not told so, and the other is, once",
    async (open) => {
      const [one, two] = await joined(open, "s");
      one.links.close("s");
      one.links.close("s");
      await two.hears("closed s");
      two.links.send("s", "to nobody");
      await rest();
      same(one.told, ["opened s"]);
      same(two.told, ["opened s", "closed s"]);
    },
  ],
  [
    "an offer or an answer that is nonsense ends its link, and no other",
    async (open) => {
      const [one, two] = await joined(open, "s");
      two.links.answer("a", "nonsense");
      await two.hears("closed a");
      one.links.offer("o");
      await one.description("o");
      one.links.accept("o", "nonsense");
      await one.hears("closed o");
      one.links.send("s", "well");
      await two.hears("s: well");
    },
  ],
  [
    "a link that is not there takes everything in silence",
    async (open) => {
      const one = new Side(open);
      one.links.send("s", "x");
      one.links.accept("s", "x");
      one.links.close("s");
      await rest();
      same(one.told, []);
    },
  ],
];

async function joined(open: OpenLinks, session: string): Promise<[Side, Side]> {
  const [one, two] = [new Side(open), new Side(open)];
  await join(one, two, session);
  return [one, two];
}

async function join(one: Side, two: Side, session: string): Promise<void> {
  one.links.offer(session);
  two.links.answer(session, await one.description(session));
  one.links.accept(session, await two.description(session));
  await one.hears(`opened ${session}`);
  await two.hears(`opened ${session}`);
}

const PATIENCE_MS = 8_000;

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 5) {
    if (waited > PATIENCE_MS) throw new Error(`nothing came of it: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Long enough for what must not come. */
function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

function same(found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${a} instead of ${b}`);
}
