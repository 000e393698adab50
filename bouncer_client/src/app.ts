import { browserTimers } from "../../realtime/client/browser.ts";
import { openGateway } from "../../realtime/client/gateway.ts";
import { doorApi } from "./adapters/api.ts";
import { openJournal } from "./adapters/journal.ts";
import { type Identity, Keeper, type KeptManifest } from "./adapters/keeper.ts";
import { OneTab } from "./adapters/one_tab.ts";
import { canStayAwake, persistStorage, watchBattery } from "./adapters/phone.ts";
import { rtcLinks } from "./adapters/rtc.ts";
import { openSound, type Sound } from "./adapters/sound.ts";
import type { Updates } from "./adapters/updates.ts";
import type { Journal } from "./core/journal.ts";
import { BrokenManifest, Manifest } from "./core/manifest.ts";
import { pairingCodeIn } from "./core/pairing_code.ts";
import { owedBy, type Paid, payDebt } from "./debts.ts";
import { Door } from "./door.ts";
import type { Post } from "./sending.ts";
import { phoneMenu } from "./ui/menu.ts";
import { messageScreen } from "./ui/message.ts";
import { pairScreen } from "./ui/pair.ts";
import { preflightScreen } from "./ui/preflight.ts";
import { scannerScreen } from "./ui/scanner.ts";
import { counted } from "./ui/words.ts";

/** The phone's way through the screens: pair, check, scan. */
export class App {
  private readonly keeper = new Keeper(localStorage);
  private readonly api = doorApi();
  private leave: () => void = () => {};
  private sound: Sound | null = null;
  private isScanning = false;
  private door: Door | null = null;
  private readonly battery = watchBattery();
  private readonly tab = new OneTab({
    mine: () => void this.begin(),
    notMine: () => this.yieldToAnotherTab(),
  });

  constructor(
    private readonly root: HTMLElement,
    private readonly updates: Updates,
  ) {}

  run(): void {
    // A pairing link opened where the app is open already loads nothing by itself. Never in the middle of a shift.
    window.addEventListener("hashchange", () => {
      if (pairingCodeIn(location.hash) !== null && !this.isScanning) location.reload();
    });
    this.tab.ask();
  }

  /** This tab has lost the camera, the journal and the socket to another one, or never had them. */
  private yieldToAnotherTab(): void {
    this.isScanning = false;
    this.door?.stop();
    this.door = null;
    this.show(() => {});
    messageScreen(this.root, {
      title: "Scanner already open here",
      text: "Bouncer Mode is open in another tab of this phone. Scan there, or take over: the other tab stops then.",
      action: { label: "Scan here instead", run: () => this.tab.takeOver() },
    });
  }

  private async begin(): Promise<void> {
    const journal = await this.openJournal();
    if (journal === null) return;
    void this.payDebts(journal);
    const code = pairingCodeIn(location.hash) ?? "";
    // The code is spent by the first who shows it: it must not stay in the address bar or the history.
    if (code !== "") history.replaceState(null, "", location.pathname);
    const identity = this.keeper.identity();
    if (identity === null || code !== "") await this.pair(journal, code, identity);
    else await this.openDoor(journal, identity);
  }

  private async openJournal(): Promise<Journal | null> {
    try {
      return await openJournal();
    } catch {
      messageScreen(this.root, {
        title: "Not a door phone",
        text: "This browser keeps no database (private mode, or Lockdown Mode), so it would lose scans. Use another browser or phone.",
      });
      return null;
    }
  }

  private async pair(journal: Journal, code: string, present: Identity | null): Promise<void> {
    const owed = present === null ? 0 : (await owedBy(journal, present.device.id)).size;
    const open = (identity: Identity) => {
      this.leave();
      void this.openDoor(journal, identity);
    };
    this.show(
      pairScreen(this.root, {
        api: this.api,
        code,
        doorName: present?.device.name ?? this.keeper.doorName(),
        warning: present && warningFor(present, owed),
        mustInstallFirst: isIPhoneTab(),
        paired: (identity) => {
          this.leaveDebt(journal, present, owed);
          this.keeper.forget();
          this.keeper.saveIdentity(identity);
          this.keeper.saveDoorName(identity.device.name);
          open(identity);
        },
        keep: present && (() => open(present)),
      }),
    );
  }

  private async openDoor(journal: Journal, identity: Identity): Promise<void> {
    messageScreen(this.root, { title: "Getting ready", text: "Loading the ticket list." });
    const kept = await this.manifest(identity);
    if (kept === "token_invalid") {
      this.keeper.owe(identity);
      this.keeper.forget();
      this.removed(journal, (await owedBy(journal, identity.device.id)).size);
      return;
    }
    if (kept === "unreachable") {
      messageScreen(this.root, {
        title: "No ticket list yet",
        text: "The server did not answer, and this phone has no list of its own. Find a network once; after that it works without.",
        action: { label: "Try again", run: () => void this.openDoor(journal, identity) },
      });
      return;
    }
    const vitals = () => ({
      unsent: door.state.unsent,
      battery: this.battery(),
      scanning: this.isScanning && document.visibilityState === "visible",
    });
    const gateway = openGateway({ token: identity.token, clockOffsetMs: this.keeper.clockOffset(), vitals });
    // A phone that was out of reach may have missed a version, or lost the one that waited when it died.
    gateway.onStatus((status) => status === "live" && this.updates.look());
    const random = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes);
    const { token } = identity;
    const post: Post = (scans, undos, patienceMs) => this.api.tell(token, scans, undos, patienceMs);
    const askOrder = (orderId: string) => this.api.order(token, orderId);
    const phone = { gateway, journal, keeper: this.keeper, timers: browserTimers, random, links: rtcLinks() };
    const parts = { identity, kept, ...phone, post, askOrder };
    const door = new Door(parts);
    this.door = door;
    await door.start();
    document.addEventListener("visibilitychange", () => door.save());
    window.addEventListener("pagehide", () => door.save());
    const ignore = door.onChange(() => {
      const { isRemoved, unsent } = door.state;
      if (!isRemoved) return;
      ignore();
      door.stop();
      this.leave();
      this.removed(journal, unsent);
    });
    this.preflight(door, journal, identity);
  }

  /** The list that this phone keeps, else a new one: the socket brings either up to date. */
  private async manifest({
    token,
    device,
  }: Identity): Promise<KeptManifest | "token_invalid" | "unreachable"> {
    const kept = this.keeper.manifest();
    if (kept !== null && kept.manifest.event.id === device.event) return kept;
    const fetched = await this.api.manifest(token);
    if (typeof fetched === "string") return fetched;
    try {
      const { seq, epoch, snapshot } = fetched;
      const fresh = { manifest: Manifest.read(snapshot), seq, epoch, asOf: Date.now() };
      this.keeper.saveManifest(fresh);
      return fresh;
    } catch (problem) {
      if (problem instanceof BrokenManifest) return "unreachable";
      throw problem;
    }
  }

  private preflight(door: Door, journal: Journal, identity: Identity): void {
    const { device } = identity;
    this.isScanning = false;
    this.show(
      preflightScreen(this.root, {
        door,
        deviceName: device.name,
        isInstalled: isInstalled(),
        isStoragePersisted: persistStorage(),
        staysAwake: canStayAwake(isInstalled()),
        battery: this.battery,
        update: this.updates,
        start: () => this.scan(door, journal, identity),
        menu: () => this.menu(door, journal, device.name, null),
      }),
    );
  }

  private scan(door: Door, journal: Journal, identity: Identity): void {
    const { name } = identity.device;
    this.isScanning = true;
    const stop = () => this.preflight(door, journal, identity);
    this.show(
      scannerScreen(this.root, {
        door,
        deviceName: name,
        sound: this.sounds(),
        battery: this.battery,
        menu: () => this.menu(door, journal, name, stop),
      }),
    );
  }

  private menu(door: Door, journal: Journal, deviceName: string, stop: (() => void) | null): void {
    const forget = () => {
      this.isScanning = false;
      door.stop();
      this.door = null;
      this.leaveDebt(journal, this.keeper.identity(), door.state.unsent);
      this.keeper.forget();
      void this.pair(journal, "", null);
    };
    const dialog = phoneMenu({ door, deviceName, sound: () => this.sounds(), stop, forget });
    this.root.append(dialog);
    dialog.showModal();
  }

  /** Made in the first tap that needs it: a phone allows sound only then. */
  private sounds(): Sound {
    this.sound ??= openSound();
    return this.sound;
  }

  private removed(journal: Journal, unsent: number): void {
    this.isScanning = false;
    this.door = null;
    let isLeft = false;
    const tell = (words: string) =>
      isLeft ||
      messageScreen(this.root, {
        title: "This phone was removed",
        text: `The venue has taken this phone off the door. Its list and its right to scan are gone from here. ${words}`,
        action: { label: "Pair it anew", run: () => void this.pair(journal, "", null) },
      });
    this.show(() => {
      isLeft = true;
    });
    tell(unsent === 0 ? ALL_SENT : `${counted(unsent, "scan")} had not reached the server: sending now.`);
    void this.payDebts(journal, (paid) => tell(leftBehind(unsent, paid)));
  }

  /** What this phone owes goes up under its old name, whatever it is from now on. */
  private leaveDebt(journal: Journal, identity: Identity | null, unsent: number): void {
    if (identity === null || unsent === 0) return;
    this.keeper.owe(identity);
    void this.payDebts(journal);
  }

  /** Send what earlier lives of this phone owe; again from time to time, until it is taken or refused for good. */
  private async payDebts(journal: Journal, told: (paid: Paid) => void = () => {}): Promise<void> {
    const outcomes: Paid[] = [];
    for (const debt of this.keeper.debts()) {
      const paid = await payDebt(debt, { journal, api: this.api }).catch(() => "unreachable" as const);
      if (paid !== "unreachable") this.keeper.settled(debt);
      outcomes.push(paid);
    }
    told(
      outcomes.find((paid) => paid === "unreachable") ??
        outcomes.find((paid) => paid === "refused") ??
        "paid",
    );
    if (!outcomes.includes("unreachable")) return;
    browserTimers.after(DEBTS_EVERY_MS, () => void this.payDebts(journal, told));
  }

  /** Leave the screen before, remember how to leave this one. */
  private show(leave: () => void): void {
    const before = this.leave;
    this.leave = leave;
    before();
  }
}

function warningFor({ device }: Identity, owed: number): string {
  const paired = `This phone is paired as ${device.name}. Pairing anew replaces that.`;
  if (owed === 0) return paired;
  const [have, go] = owed === 1 ? ["has", "it goes"] : ["have", "they go"];
  return `${paired} ${counted(owed, "scan")} of it ${have} not been sent yet: ${go} up as soon as there is a network.`;
}

const ALL_SENT = "Everything that it scanned has reached the server.";
const DEBTS_EVERY_MS = 30_000;

function leftBehind(unsent: number, paid: Paid): string {
  if (unsent === 0 || paid === "paid") return ALL_SENT;
  const scans = `${counted(unsent, "scan")} had not reached the server`;
  return paid === "unreachable"
    ? `${scans}: this phone keeps trying. Leave it on, with a network.`
    : `${scans}, and it takes them no more. They stay in this phone's journal. Tell the venue.`;
}

function isInstalled(): boolean {
  return matchMedia("(display-mode: standalone)").matches;
}

function isIPhoneTab(): boolean {
  return /iPhone|iPad/.test(navigator.userAgent) && !isInstalled();
}
