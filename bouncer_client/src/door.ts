import type { Gateway, Status, Timers } from "../../realtime/client/gateway.ts";
import type {
  DeviceHere,
  DoorSnapshot,
  EntryMoved,
  ErrorCode,
  TicketSeenTwice,
  VerdictGiven,
} from "../../realtime/client/protocol.gen.ts";
import { verifyEd25519 } from "./adapters/ed25519.ts";
import type { Identity, Keeper, KeptManifest } from "./adapters/keeper.ts";
import { isSupervisorsPin } from "./adapters/pin.ts";
import type { OpenLinks } from "./adapters/rtc.ts";
import { HandDesk } from "./by_hand.ts";
import { Book } from "./core/book.ts";
import { type ByHand, LetInByHand, type OrderAtDoor } from "./core/by_hand.ts";
import { fromBase64 } from "./core/bytes.ts";
import { type Certificate, certify } from "./core/certificate.ts";
import { ClockDoubt } from "./core/clock_doubt.ts";
import { type Alert, alertFor, type Outcome } from "./core/drain.ts";
import type { Hint } from "./core/hints.ts";
import {
  diedInMidScan,
  factOf,
  isOwed,
  type Journal,
  type ScanRow,
  type Settled,
  type UndoRow,
} from "./core/journal.ts";
import { BrokenManifest, type DoorFact, Manifest } from "./core/manifest.ts";
import { type ScanEffect, ScanFlow, type Screen, type Situation } from "./core/scan.ts";
import { entryOf, newUndo, standingUndos, undoableFor } from "./core/undo.ts";
import { uuid7 } from "./core/uuid7.ts";
import type { DoorState } from "./door_state.ts";
import { type Post, Sender } from "./sending.ts";
import { Sharing } from "./sharing.ts";

export interface DoorParts {
  readonly identity: Identity;
  readonly kept: KeptManifest;
  readonly gateway: Gateway;
  readonly journal: Journal;
  readonly keeper: Keeper;
  readonly timers: Timers;
  readonly random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;
  /** The journal's way up where no socket can be had. */
  readonly post: Post;
  /** What the server knows of an Order ID; null when there is nobody to ask. */
  readonly askOrder: (orderId: string) => Promise<OrderAtDoor | null>;
  /** Channels to the other phones of the door; null where the browser has none. */
  readonly links: OpenLinks | null;
}

const RECENT = 20;
const ASK_LIST_AGAIN_MS = 5_000;
/** A scan that was cut off longer ago than this is in the list of scans, but in nobody's way any more. */
const CUT_OFF_SHOWN_MS = 600_000;
const SAVE_EVERY_MS = 10_000;
const TICK_MS = 100;
/** The server answers, but nobody at a door would wait for it. */
const SLOW_MS = 800;
const NO_JOURNAL =
  "This phone cannot keep its journal, so it must not scan. Free some storage, or use another phone.";
const BAD_LIST = "The server's list came broken. The phone goes on with the one it has and asks again.";

/** One phone at one door: follows the show, runs scans, drains the journal. All rules are in `core`. */
export class Door {
  /** Manual verification, by Order ID. */
  readonly desk: HandDesk;
  private readonly letIn: LetInByHand;
  private readonly book: Book;
  private readonly flow: ScanFlow;
  private readonly sender: Sender;
  private readonly sharing: Sharing;
  private team: readonly DeviceHere[] = [];
  private wasSlow = false;
  private readonly clockDoubt = new ClockDoubt();
  /** The undos of this phone that stand, by their scans. */
  private readonly undone = new Map<string, UndoRow>();
  private place: { since: number; epoch: string };
  private asOf: number;
  private offlineSince: number | null;
  private recent: readonly ScanRow[] = [];
  private alerts: readonly Alert[] = [];
  private screen: Screen | null = null;
  private fault: string | null = null;
  private isRemoved = false;
  private isStopped = false;
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
    this.sender = new Sender({
      ...parts,
      settled: (rows, outcome) => this.settled(rows, outcome),
      failed: () => this.journalFailed(),
    });
    this.sharing = new Sharing({
      ...parts,
      me: identity.device.id,
      book: this.book,
      newSession: () => uuid7(timers.now().wall, random),
      changed: () => this.changed(),
    });
    this.letIn = new LetInByHand(identity.device.event);
    this.desk = new HandDesk({
      eventId: identity.device.event,
      letIn: this.letIn,
      list: () => this.book.manifest,
      ask: parts.askOrder,
      isPin: isSupervisorsPin,
      monotonic: () => timers.now().monotonic,
      keep: (entry) => this.keepByHand(entry),
    });
  }

  /** Take up the journal where the last life of this phone left it, then follow the show. */
  async start(): Promise<void> {
    await this.recover();
    const { gateway, timers } = this.parts;
    this.stops.push(
      gateway.onStatus((status) => this.statusChanged(status)),
      gateway.onEnd((code) => this.closed(code)),
      timers.every(TICK_MS, () => this.perform(this.flow.tick(this.now()))),
      timers.every(TICK_MS, () => this.isSlow !== this.wasSlow && this.changed()),
      timers.every(SAVE_EVERY_MS, () => this.save()),
    );
    this.follow();
    this.stops.push(this.sender.start(), this.sharing.start());
  }

  stop(): void {
    this.isStopped = true;
    for (const stop of this.stops) stop();
    this.leaveTopic();
    this.save();
    this.parts.gateway.close();
  }

  get deviceId(): string {
    return this.parts.identity.device.id;
  }

  get event() {
    return this.book.manifest.event;
  }

  get state(): DoorState {
    const { gateway } = this.parts;
    const { inside, expected } = this.book.headCount();
    return {
      status: gateway.status,
      isSlow: this.isSlow,
      nearby: this.sharing.nearby,
      team: this.team,
      offlineSince: this.offlineSince,
      listAsOf: gateway.status === "live" ? null : this.asOf,
      tickets: this.book.manifest.count,
      inside: inside + this.letIn.unsent,
      expected,
      unsent: this.sender.unsent,
      clockOffsetMs: gateway.clockOffsetMs,
      clockTrouble: this.clockDoubt.trouble(gateway.clockOffsetMs),
      recent: this.recent,
      undone: this.undone,
      undoable: new Set(this.recent.filter((row) => this.mayUndo(row)).map(({ scan_id }) => scan_id)),
      alerts: this.alerts,
      screen: this.screen,
      isHolding: this.flow.isHolding,
      isAsking: this.flow.isAsking,
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
    if (this.screen?.verdict.t === "interrupted" || this.screen?.verdict.t === "by_hand") {
      this.screen = null; // told by no scan of a code
      this.changed();
    }
    this.perform(this.flow.dismissed(this.now()));
  }

  /** Take an admission of this phone back: true once the journal has it, and not before. */
  async undo(scanId: string): Promise<boolean> {
    const row = this.recent.find(({ scan_id }) => scan_id === scanId);
    if (row === undefined || !this.mayUndo(row)) return false;
    const { journal, random } = this.parts;
    const { serverNow, clockOffsetMs } = this.now();
    try {
      const undo = newUndo(row, { undoId: uuid7(serverNow, random), serverNow, clockOffsetMs });
      this.takenBack(row, await journal.undo(undo));
    } catch {
      this.journalFailed();
      return false;
    }
    if (this.screen?.scanId === scanId) this.dismiss();
    this.changed();
    this.sender.send();
    return true;
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
    // Nobody would see the verdict: the row stays as it is, and the phone's next life says what is not known.
    if (this.isStopped) return;
    for (const effect of effects) void this.performOne(effect);
    if (effects.length > 0) this.changed();
  }

  private async performOne(effect: ScanEffect): Promise<void> {
    switch (effect.do) {
      case "check":
        return this.check(effect.certificate);
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
        this.noteAge(effect.screen);
        for (const watcher of this.watchers) watcher(effect.screen);
        this.share(effect.screen);
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
      if (row.decision !== "asked") this.sender.add(row);
      this.perform(next(row));
      this.sender.send();
    } catch {
      this.fault = NO_JOURNAL;
      this.flow.failed();
      this.changed();
    }
  }

  private async ask(row: ScanRow, patienceMs: number): Promise<void> {
    const { gateway } = this.parts;
    if (gateway.status !== "live") {
      this.perform(this.flow.answered(await this.ping(row, patienceMs), this.now()));
      return;
    }
    const answer = await gateway.scan(factOf(row), patienceMs);
    this.perform(this.flow.answered(answer.t === "verdict" ? answer : null, this.now()));
  }

  /** The same question by HTTP: a network may let that through where it holds sockets back. */
  private async ping(row: ScanRow, patienceMs: number): Promise<VerdictGiven | null> {
    const answer = await this.parts.post([factOf(row)], [], patienceMs);
    const found = typeof answer === "string" ? undefined : answer.scans[0];
    return found?.scan_id === row.scan_id ? { ...found, t: "verdict", ref: 0 } : null;
  }

  private async check(certificate: Certificate): Promise<void> {
    const { manifest } = this.book;
    const { live, serverNow, clockOffsetMs } = this.now();
    const circumstances = {
      eventId: manifest.event.id,
      publicKey: fromBase64(manifest.policy.public_key),
      isListed: this.book.isListed(certificate.anchor),
      listAsOf: live ? serverNow : this.asOf + clockOffsetMs,
    };
    const outcome = await certify(certificate, circumstances, verifyEd25519);
    this.perform(this.flow.checked(outcome, this.now()));
  }

  /** People come in by an Order ID: journalled, then shown, and told to the server like a scan. */
  private async keepByHand(entry: ByHand): Promise<void> {
    const { journal, identity, random } = this.parts;
    const { serverNow, clockOffsetMs } = this.now();
    const row = await journal.append({
      scan_id: uuid7(serverNow, random),
      device: identity.device.id,
      code: entry.order_id,
      anchor: null,
      scanned_at: Math.round(serverNow),
      clock_offset_ms: Math.round(clockOffsetMs),
      decision: "admitted_manually",
      admits: entry.people,
      verdict: entry,
      outcome: null,
      acknowledged: null,
    });
    this.note(row);
    this.letIn.note(row);
    this.sender.add(row);
    this.perform(this.flow.dismissed(this.now()));
    const { scanned_at: scannedAt, scan_id: scanId } = row;
    this.perform([{ do: "show", screen: { verdict: entry, confirmed: false, scannedAt, scanId } }]);
    this.sender.send();
  }

  private async acknowledge(answer: VerdictGiven): Promise<void> {
    try {
      const { scan_id, acknowledged, verdict } = answer;
      if (verdict.t === "by_order") return; // the answer to an Order ID, which this phone does not tell yet
      this.note(await this.parts.journal.acknowledge(scan_id, acknowledged, verdict));
    } catch {
      this.fault = NO_JOURNAL; // the row is still owed, so it is asked again when the phone starts anew
    }
    this.changed();
  }

  /** A ticket on the list proves when its code was made. */
  private noteAge({ verdict, scanId }: Screen): void {
    const anchor = this.recent.find(({ scan_id }) => scan_id === scanId)?.anchor;
    if (anchor === null || anchor === undefined) return;
    if (verdict.t === "admitted") this.clockDoubt.note(anchor, 0);
    if (verdict.t === "stale" && verdict.age_s !== 0) this.clockDoubt.note(anchor, verdict.age_s);
  }

  private note(row: ScanRow): void {
    const others = this.recent.filter(({ scan_id }) => scan_id !== row.scan_id);
    this.recent = [row, ...others].sort((a, b) => b.device_seq - a.device_seq).slice(0, RECENT);
    const { timers } = this.parts;
    const undoable = undoableFor(row, this.undone.get(row.scan_id), this.now().serverNow);
    if (undoable > 0) this.stops.push(timers.after(undoable + 1, () => this.changed()));
  }

  private mayUndo(row: ScanRow): boolean {
    return undoableFor(row, this.undone.get(row.scan_id), this.now().serverNow) > 0;
  }

  private takenBack(row: ScanRow, undo: UndoRow): void {
    this.undone.set(row.scan_id, undo);
    const hint = this.hintOf(row);
    if (hint !== null) {
      this.book.takeBack(hint.anchor, hint.entry);
      this.sharing.tell({ ...hint, undone: true });
    }
    this.letIn.drop(row.scan_id);
    this.sender.addUndo(undo);
  }

  // --- the journal ---

  private async recover(): Promise<void> {
    const { journal, identity } = this.parts;
    const kept = await journal.rows(identity.device.id);
    const undos = standingUndos(await journal.undos(identity.device.id));
    const rows = await Promise.all(
      kept.map((row) =>
        diedInMidScan(row) ? journal.decide(row.scan_id, "unknown", { t: "interrupted" }) : row,
      ),
    );
    for (const row of rows) this.recovered(row, undos.get(row.scan_id));
    for (const row of rows.slice(-RECENT)) this.note(row);
    const standing = rows.filter(({ scan_id }) => !undos.has(scan_id));
    this.book.remember(standing);
    this.rememberByHand(standing);
    this.flow.remember(rows, this.now());
    this.tellOfDeath(rows.at(-1));
    this.changed();
  }

  private rememberByHand(rows: readonly ScanRow[]): void {
    const { serverNow, monotonic } = this.now();
    const byHand = rows.filter(({ decision }) => decision === "admitted_manually");
    for (const row of byHand) this.letIn.note(row);
    this.desk.remember(byHand.map(({ scanned_at }) => monotonic - Math.max(0, serverNow - scanned_at)));
  }

  private recovered(row: ScanRow, undo: UndoRow | undefined): void {
    this.sender.add(row);
    if (undo !== undefined) this.takenBack(row, undo);
    else if (isOwed(row) && row.verdict?.t === "admitted") this.remembered(row);
  }

  /** The first thing that a phone says when it was killed in mid-scan: somebody may stand there without an answer. */
  private tellOfDeath(last: ScanRow | undefined): void {
    if (last?.verdict?.t !== "interrupted") return;
    if (this.now().serverNow - last.scanned_at > CUT_OFF_SHOWN_MS) return;
    const { verdict, scanned_at: scannedAt, scan_id: scanId } = last;
    this.screen = { verdict, confirmed: false, scannedAt, scanId };
  }

  /** A batch is with the server: what it makes of each scan may be news. */
  private settled({ scans, undos }: Settled, outcome: Outcome): void {
    const { name } = this.parts.identity.device;
    const oldest = this.recent.at(-1)?.device_seq ?? 0;
    for (const row of scans) if (row.device_seq >= oldest) this.note(row);
    for (const row of scans) if (!this.undone.has(row.scan_id)) this.letIn.note(row);
    for (const { row, answer } of outcome.scans) {
      const alert = alertFor(row, answer, name);
      // Whoever was taken back is outside: nothing about that entry is news.
      if (alert !== null && !this.undone.has(row.scan_id)) this.alert(alert);
    }
    for (const undo of undos) this.undoSettled(undo);
    this.changed();
  }

  private undoSettled(undo: UndoRow): void {
    const row = this.recent.find(({ scan_id }) => scan_id === undo.scan_id);
    if (undo.refusal === null || undo.refusal === "already_undone") {
      this.undone.set(undo.scan_id, undo);
      return;
    }
    this.undone.delete(undo.scan_id);
    if (row === undefined) return;
    if (row.anchor !== null) this.book.keepIn(row.anchor);
    this.letIn.note(row);
    const entry = entryOf(row, this.parts.identity.device.name);
    this.alert({ kind: "not_undone", key: undo.undo_id, entry, reason: undo.refusal });
  }

  private journalFailed(): void {
    this.fault = NO_JOURNAL;
    this.changed();
  }

  // --- the other phones ---

  private get isSlow(): boolean {
    return this.parts.gateway.status === "live" && this.parts.gateway.lagMs > SLOW_MS;
  }

  private here(devices: readonly DeviceHere[]): void {
    this.team = devices;
    this.sharing.here(devices);
    this.changed();
  }

  /** Somebody has just been let in: the phones nearby know it before the server tells them. */
  private share({ verdict, scanId }: Screen): void {
    const row = this.recent.find(({ scan_id }) => scan_id === scanId);
    const hint = verdict.t === "admitted" && row !== undefined ? this.hintOf(row) : null;
    if (hint !== null && verdict.t === "admitted") this.sharing.tell({ ...hint, entry: verdict.entry });
  }

  private remembered(row: ScanRow): void {
    const hint = this.hintOf(row);
    if (hint !== null) this.sharing.remember(hint);
  }

  private hintOf(row: ScanRow): Hint | null {
    const { device } = this.parts.identity;
    const { anchor, scan_id } = row;
    return anchor === null ? null : { anchor, scan_id, by: device.id, entry: entryOf(row, device.name) };
  }

  // --- the show's log ---

  private follow(resume: { since: number; epoch: string } | undefined = this.place): void {
    const { gateway, identity } = this.parts;
    this.leaveTopic = gateway.subscribe<DoorSnapshot, DoorFact>(
      `door:${identity.device.event}`,
      {
        snapshot: (snapshot, seq, epoch) => this.snapshot(snapshot, { since: seq, epoch }),
        fact: (fact, seq) => this.fact(fact, seq),
        presence: (devices) => this.here(devices),
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
      this.parts.timers.after(ASK_LIST_AGAIN_MS, () => this.follow());
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
    this.book.apply(fact);
    if (fact.t === "ticket_entered" && fact.scan_id)
      this.flow.entered(fact.scan_id, { at: fact.at, door: fact.door });
    this.place = { ...this.place, since: seq };
    this.isUnsaved = true;
    if (fact.t === "ticket_seen_twice" && fact.admitted) this.alert(letInTwice(fact));
    if (fact.t === "entry_moved" && fact.at < fact.was_at) this.alert(movedTo(fact));
    this.changed();
  }

  private closed(code: ErrorCode): void {
    if (this.isRemoved) return;
    if (code === "token_invalid" || code === "topic_forbidden") {
      this.isRemoved = true;
      this.parts.keeper.owe(this.parts.identity);
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
      this.clockDoubt.clear();
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
    this.wasSlow = this.isSlow;
    for (const listener of this.listeners) listener();
  }
}

/** Another phone let the same ticket in before: its guest's entry is the earlier one. */
function movedTo({ anchor, at, door, was_at, was_door }: EntryMoved): Alert {
  return {
    kind: "let_in_twice",
    key: anchor,
    first: { at, door },
    second: { at: was_at, door: was_door },
  };
}

function letInTwice(fact: TicketSeenTwice): Alert {
  return {
    kind: "let_in_twice",
    key: fact.anchor,
    first: { at: fact.first_at, door: fact.first_door },
    second: { at: fact.second_at, door: fact.second_door },
  };
}
