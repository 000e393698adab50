import { browserTimers } from "../../realtime/client/browser.ts";
import { openGateway } from "../../realtime/client/gateway.ts";
import { doorApi } from "./adapters/api.ts";
import { openJournal } from "./adapters/journal.ts";
import { type Identity, Keeper, type KeptManifest } from "./adapters/keeper.ts";
import { beTheOnlyOne, persistStorage } from "./adapters/phone.ts";
import { openSound, type Sound } from "./adapters/sound.ts";
import type { Updates } from "./adapters/updates.ts";
import { isOwed, type Journal } from "./core/journal.ts";
import { BrokenManifest, Manifest } from "./core/manifest.ts";
import { pairingCodeIn } from "./core/pairing_code.ts";
import { Door } from "./door.ts";
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

  constructor(
    private readonly root: HTMLElement,
    private readonly updates: Updates,
  ) {}

  async run(): Promise<void> {
    await beTheOnlyOne(() =>
      messageScreen(this.root, {
        title: "Open in another tab",
        text: "Bouncer Mode is open in another tab of this phone. Scan there, or close it: this one goes on by itself.",
      }),
    );
    const journal = await this.openJournal();
    if (journal === null) return;
    // A pairing link opened where the app is open already loads nothing by itself. Never in the middle of a shift.
    window.addEventListener("hashchange", () => {
      if (pairingCodeIn(location.hash) !== null && !this.isScanning) location.reload();
    });
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
    const owed = present === null ? 0 : await owedBy(journal, present);
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
      this.removed(journal, await owedBy(journal, identity));
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
    const gateway = openGateway({ token: identity.token, clockOffsetMs: this.keeper.clockOffset() });
    const random = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes);
    const parts = { identity, kept, gateway, journal, keeper: this.keeper, timers: browserTimers, random };
    const door = new Door(parts);
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
        menu: () => this.menu(door, journal, name, stop),
      }),
    );
  }

  private menu(door: Door, journal: Journal, deviceName: string, stop: (() => void) | null): void {
    const forget = () => {
      this.isScanning = false;
      door.stop();
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
    this.keeper.forget();
    messageScreen(this.root, {
      title: "This phone was removed",
      text: `The venue has taken this phone off the door. Its list and its right to scan are gone from here. ${leftBehind(unsent)}`,
      action: { label: "Pair it anew", run: () => void this.pair(journal, "", null) },
    });
  }

  /** Leave the screen before, remember how to leave this one. */
  private show(leave: () => void): void {
    const before = this.leave;
    this.leave = leave;
    before();
  }
}

async function owedBy(journal: Journal, { device }: Identity): Promise<number> {
  return (await journal.rows(device.id)).filter(isOwed).length;
}

function warningFor({ device }: Identity, owed: number): string {
  const paired = `This phone is paired as ${device.name}. Pairing anew replaces that.`;
  if (owed === 0) return paired;
  const [have, never] = owed === 1 ? ["has", "it never can"] : ["have", "they never can"];
  return `${paired} ${counted(owed, "scan")} of it ${have} not been sent yet; after that ${never} be.`;
}

function leftBehind(unsent: number): string {
  if (unsent === 0) return "Everything that it scanned has reached the server.";
  const they = unsent === 1 ? "it stays" : "they stay";
  return `${counted(unsent, "scan")} had not reached the server: ${they} in this phone's journal. Tell the venue.`;
}

function isInstalled(): boolean {
  return matchMedia("(display-mode: standalone)").matches;
}

function isIPhoneTab(): boolean {
  return /iPhone|iPad/.test(navigator.userAgent) && !isInstalled();
}
