/** What the browser does for a phone that must not fall asleep, forget, or be opened twice. */

/** Keep the screen on while the page is in front; again whenever it comes back. Returns the way to stop. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let stopped = false;
  const ask = () => {
    if (stopped || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    navigator.wakeLock.request("screen").then(
      (granted) => {
        lock = granted;
        if (stopped) void granted.release();
      },
      () => {}, // low battery, or not allowed: the phone sleeps when its owner said so
    );
  };
  document.addEventListener("visibilitychange", ask);
  ask();
  return () => {
    stopped = true;
    document.removeEventListener("visibilitychange", ask);
    void lock?.release();
  };
}

/** Ask the browser not to clear this site's storage by itself; whether it promised. */
export async function persistStorage(): Promise<boolean> {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}

/** Wait for the right to be the only door of this browser; `waiting` is told when another tab has it. */
export function beTheOnlyOne(waiting: () => void): Promise<void> {
  if (!("locks" in navigator)) return Promise.resolve();
  return new Promise((resolve) => {
    const hold = () => {
      resolve();
      return new Promise<never>(() => {}); // held until the tab is gone
    };
    void navigator.locks.request("ngn-door", { ifAvailable: true }, (lock) => {
      if (lock !== null) return hold();
      waiting();
      void navigator.locks.request("ngn-door", hold);
      return undefined;
    });
  });
}
