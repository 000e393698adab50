import type { Gateway, Status, Timers } from "../../realtime/client/gateway.ts";
import type { DoorSnapshot, ErrorCode, TicketSeenTwice } from "../../realtime/client/protocol.gen.ts";
import type { Identity, Keeper, KeptManifest } from "./adapters/keeper.ts";
import { Book } from "./core/book.ts";
import { type Alert, alertFor, Drain } from "./core/drain.ts";
import { diedInMidScan, factOf, type Journal, type ScanRow } from "./core/journal.ts";
import { BrokenManifest, type DoorFact, Manifest } from "./core/manifest.ts";
import { type ScanEffect, ScanFlow, type Screen, type Situation } from "./core/scan.ts";
import { uuid7 } from "./core/uuid7.ts";
import type { DoorState } from "./door_state.ts";

export interface DoorParts {
  readonly identity: Identity;
  readonly kept: KeptManifest;
  readonly gateway: Gateway;
  readonly journal: Journal;
  readonly keeper: Keeper;
  readonly timers: Timers;
  readonly random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;
}

const RECENT = 20;
const UNDER_WAY = 8;
const DRAIN_PATIENCE_MS = 5_000;
const DRAIN_EVERY_MS = 5_000;
const SAVE_EVERY_MS = 10_000;
const TICK_MS = 100;
const NO_JOURNAL =
  "This phone cannot keep its journal, so it must not scan. Free some storage, or use another phone.";
const BAD_LIST = "The server's list came broken. The phone goes on with the one it has and asks again.";

/** One phone at one door: follows the show, runs scans, drains the journal. All rules are in `core`. */
export class Door {
  private readonly book: Book;
  private readonly flow: ScanFlow;
  private readonly drain = new Drain();
  private place: { since: number; epoch: string };
  private asOf: number;
  private offlineSince: number | null;
  private recent: readonly ScanRow[] = [];
  private alerts: readonly Alert[] = [];
  private screen: Screen | null = null;
  private fault: string | null = null;
  private isRemoved = false;
  private isUnsaved = false;
  private leaveTopic: () => void = () => {};
  private readonly stops: (() => void)[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly watchers = new Set<(screen: Screen) => void>();

  constructor(private readonly parts: DoorParts) {
    const { identity, kept, gateway, random, timers } = parts;
    this.book = new Book(kept.manifest);
    this.place = { since: kept.seq, epoch: kept.epoch };
    this.asOf = kept.asOf;
    this.offlineSince = gateway.status === "live" ? null : timers.now().wall;
    this.flow = new ScanFlow(this.book, identity.device, (at) => uuid7(at, random));
  }

  /** Take up the journal where the last life of this phone left it, then follow the show. */
  async start(): Promise<void> {
    await this.recover();
    const { gateway, timers } = this.parts;
    this.stops.push(
      gateway.onStatus((status) => this.statusChanged(status)),
      gateway.onEnd((code) => this.closed(code)),
      timers.every(TICK_MS, () => this.perform(this.flow.tick(this.now()))),
      timers.every(DRAIN_EVERY_MS, () => this.sendOwed()),
      timers.every(SAVE_EVERY_MS, () => this.save()),
    );
    this.follow();
    this.sendOwed();
  }

  stop(): void {
    for (const stop of this.stops) stop();
    this.leaveTopic();
    this.save();
    this.parts.gateway.close();
  }

  get event() {
    return this.book.manifest.event;
  }

  get state(): DoorState {
    const { gateway } = this.parts;
    return {
      status: gateway.status,
      offlineSince: this.offlineSince,
      listAsOf: gateway.status === "live" ? null : this.asOf,
      tickets: this.book.manifest.count,
      ...this.book.headCount(),
      unsent: this.drain.size,
      clockOffsetMs: gateway.clockOffsetMs,
      recent: this.recent,
      alerts: this.alerts,
      screen: this.screen,
      isHolding: this.flow.isHolding,
      fault: this.fault,
      isRemoved: this.isRemoved,
    };
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Called once for every verdict, at the moment that it is shown. */
  onVerdict(watcher: (screen: Screen) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** The camera has looked at a picture, and read this text; null when it read none. */
  seen(text: string | null): void {
    const before = this.flow.isHolding;
    this.perform(this.flow.seen(text, this.now()));
    if (this.flow.isHolding !== before) this.changed();
  }

  typed(text: string): void {
    this.perform(this.flow.typed(text, this.now()));
  }

  dismiss(): void {
    this.perform(this.flow.dismissed(this.now()));
  }

  dismissAlert(key: string): void {
    this.alerts = this.alerts.filter((alert) => alert.key !== key);
    this.changed();
  }

  /** Write the list down: also to be called when the page goes to the background. */
  save(): void {
    if (this.isRemoved || !this.isUnsaved) return;
    const { keeper, gateway } = this.parts;
    const { since: seq, epoch } = this.place;
    keeper.saveClockOffset(gateway.clockOffsetMs);
    this.isUnsaved = !keeper.saveManifest({ manifest: this.book.manifest, seq, epoch, asOf: this.asOf });
  }

  // --- the scan ---

  private now(): Situation {
    const { gateway, timers } = this.parts;
    return {
      live: gateway.status === "live",
      serverNow: gateway.serverNow(),
      clockOffsetMs: gateway.clockOffsetMs,
      monotonic: timers.now().monotonic,
    };
  }

  private perform(effects: readonly ScanEffect[]): void {
    for (const effect of effects) void this.performOne(effect);
    if (effects.length > 0) this.changed();
  }

  private async performOne(effect: ScanEffect): Promise<void> {
    switch (effect.do) {
      case "append":
        return this.keep(this.parts.journal.append(effect.row), (row) =>
          this.flow.journalled(row, this.now()),
        );
      case "decide": {
        const { scanId, decision, shown } = effect;
        const kept = this.parts.journal.decide(scanId, decision, shown);
        return this.keep(kept, (row) => this.flow.decided(row, this.now()));
      }
      case "ask":
        return this.ask(effect.row, effect.patienceMs);
      case "acknowledge":
        return this.acknowledge(effect.answer);
      case "show":
        this.screen = effect.screen;
        for (const watcher of this.watchers) watcher(effect.screen);
        return;
      case "clear":
        this.screen = null;
        return;
      default:
        effect satisfies never;
    }
  }

  /** Wait for the journal, then go on; without a journal there is no verdict. */
  private async keep(kept: Promise<ScanRow>, next: (row: ScanRow) => ScanEffect[]): Promise<void> {
    try {
      const row = await kept;
      this.fault = this.fault === NO_JOURNAL ? null : this.fault;
      this.note(row);
      if (row.decision !== "asked") this.drain.add(row);
      this.perform(next(row));
      this.sendOwed();
    } catch {
      this.fault = NO_JOURNAL;
      this.flow.failed();
      this.changed();
    }
  }

  private async ask(row: ScanRow, patienceMs: number): Promise<void> {
    const answer = await this.parts.gateway.scan(factOf(row), patienceMs);
    this.perform(this.flow.answered(answer.t === "verdict" ? answer : null, this.now()));
  }

  private async acknowledge(answer: Parameters<typeof alertFor>[1]): Promise<void> {
    try {
      this.note(await this.parts.journal.acknowledge(answer.scan_id, answer.acknowledged, answer.verdict));
    } catch {
      this.fault = NO_JOURNAL; // the row is still owed, so it is asked again when the phone starts anew
    }
    this.changed();
  }

  private note(row: ScanRow): void {
    const others = this.recent.filter(({ scan_id }) => scan_id !== row.scan_id);
    this.recent = [row, ...others].sort((a, b) => b.device_seq - a.device_seq).slice(0, RECENT);
  }

  // --- the journal ---

  private async recover(): Promise<void> {
    const { journal, identity } = this.parts;
    const rows = await journal.rows(identity.device.id);
    for (const row of rows) {
      const died = diedInMidScan(row);
      const settled = died ? await journal.decide(row.scan_id, "refused_offline", { t: "unlisted" }) : row;
      this.drain.add(settled);
      this.note(settled);
    }
    this.book.remember(rows);
    this.flow.remember(rows, this.now());
    this.changed();
  }

  private sendOwed(): void {
    if (this.parts.gateway.status !== "live") return;
    for (const row of this.drain.take(UNDER_WAY)) void this.send(row);
  }

  private async send(row: ScanRow): Promise<void> {
    const { gateway, identity } = this.parts;
    const answer = await gateway.scan(factOf(row), DRAIN_PATIENCE_MS);
    if (answer.t === "no_answer") {
      if (answer.code === undefined || answer.code === "unavailable") this.drain.unanswered(row);
      else this.drain.gaveUp(row);
      return;
    }
    if (this.drain.answered(row, answer)) {
      await this.acknowledge(answer);
      const alert = alertFor(row, answer, identity.device.name);
      if (alert !== null) this.alert(alert);
    }
    this.sendOwed();
    this.changed();
  }

  // --- the show's log ---

  private follow(resume: { since: number; epoch: string } | undefined = this.place): void {
    const { gateway, identity } = this.parts;
    this.leaveTopic = gateway.subscribe<DoorSnapshot, DoorFact>(
      `door:${identity.device.event}`,
      {
        snapshot: (snapshot, seq, epoch) => this.snapshot(snapshot, { since: seq, epoch }),
        fact: (fact, seq) => this.fact(fact, seq),
        closed: (code) => this.closed(code),
      },
      resume,
    );
  }

  private snapshot(snapshot: DoorSnapshot, place: { since: number; epoch: string }): void {
    try {
      this.book.manifest = Manifest.read(snapshot);
    } catch (problem) {
      if (!(problem instanceof BrokenManifest)) throw problem;
      this.fault = BAD_LIST;
      this.leaveTopic();
      this.parts.timers.after(DRAIN_EVERY_MS, () => this.follow());
      this.changed();
      return;
    }
    this.flow.manifestChanged();
    this.fault = this.fault === BAD_LIST ? null : this.fault;
    this.place = place;
    this.isUnsaved = true;
    this.save();
    this.changed();
  }

  private fact(fact: DoorFact, seq: number): void {
    this.book.manifest.apply(fact);
    this.place = { ...this.place, since: seq };
    this.isUnsaved = true;
    if (fact.t === "ticket_seen_twice" && fact.admitted) this.alert(letInTwice(fact));
    this.changed();
  }

  private closed(code: ErrorCode): void {
    if (this.isRemoved) return;
    if (code === "token_invalid" || code === "topic_forbidden") {
      this.isRemoved = true;
      this.parts.keeper.forget();
    } else {
      this.fault = `The server ended this phone's connection (${code}). Reload the page.`;
    }
    this.changed();
  }

  private statusChanged(status: Status): void {
    const { wall } = this.parts.timers.now();
    if (status === "live") {
      this.offlineSince = null;
      this.sendOwed();
    } else if (this.offlineSince === null) {
      this.offlineSince = this.asOf = wall;
      this.isUnsaved = true;
    }
    this.changed();
  }

  private alert(alert: Alert): void {
    this.alerts = [alert, ...this.alerts.filter(({ key }) => key !== alert.key)];
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

function letInTwice(fact: TicketSeenTwice): Alert {
  return {
    kind: "let_in_twice",
    key: fact.anchor,
    first: { at: fact.first_at, door: fact.first_door },
    second: { at: fact.second_at, door: fact.second_door },
  };
}
