/** One scanner a phone: the tab that holds this lock has the camera, the journal and the socket. */
const LOCK = "ngn-door";

export interface OneTabEvents {
  /** This tab is the scanner from now on. */
  mine(): void;
  /** Another tab is, now or from now on; this one goes on by itself when that one is closed. */
  notMine(): void;
}

/** Several tabs of one phone do not fight: one scans, the others offer to take over. */
export class OneTab {
  private queue = new AbortController();

  constructor(private readonly events: OneTabEvents) {}

  ask(): void {
    if (!("locks" in navigator)) {
      this.events.mine(); // before iOS 15.4: one tab is all that can be hoped for
      return;
    }
    void this.hold({ ifAvailable: true });
  }

  /** A person wants to scan here: whoever has the lock loses it, at once. */
  takeOver(): void {
    this.queue.abort();
    void this.hold({ steal: true });
  }

  private wait(): void {
    this.events.notMine();
    this.queue = new AbortController();
    void this.hold({ signal: this.queue.signal });
  }

  /** Hold the lock for as long as the tab lives, unless somebody takes it away. */
  private async hold(options: LockOptions): Promise<void> {
    let isMine = false;
    try {
      await navigator.locks.request(LOCK, options, (lock) => {
        if (lock === null) {
          this.wait();
          return undefined;
        }
        isMine = true;
        this.events.mine();
        return new Promise<never>(() => {});
      });
    } catch {
      if (isMine) this.wait();
    }
  }
}
