/** What the browser does for a phone that must not fall asleep, or forget. */

/** Keep the screen on while the page is in front; again whenever it comes back. Returns the way to stop. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let stopped = false;
  const ask = () => {
    const isHeld = lock !== null && !lock.released;
    if (stopped || isHeld || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    navigator.wakeLock.request("screen").then(
      (granted) => {
        lock = granted;
        if (stopped) void granted.release();
      },
      () => {}, // low battery, or not allowed: the phone sleeps when its owner said so
    );
  };
  // The system takes it away when the battery runs low, too: then the next touch asks again.
  document.addEventListener("visibilitychange", ask);
  document.addEventListener("pointerdown", ask);
  ask();
  return () => {
    stopped = true;
    document.removeEventListener("visibilitychange", ask);
    document.removeEventListener("pointerdown", ask);
    void lock?.release();
  };
}

/** Whether the screen can be kept on. An iPhone's home-screen app keeps it only from iOS 18.4 on. */
export function canStayAwake(isInstalled: boolean, agent: string = navigator.userAgent): boolean {
  if (!("wakeLock" in navigator)) return false;
  const version = /(?:iPhone|iPad|CPU) OS (\d+)_(\d+)/.exec(agent);
  if (version === null || !isInstalled) return true;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  return major > 18 || (major === 18 && minor >= 4);
}

/** The part of a battery that is left, from 0 to 1, asked again at each call; null where the browser does not tell. */
export function watchBattery(): () => number | null {
  let battery: { readonly level: number } | null = null;
  const { getBattery } = navigator as { getBattery?: () => Promise<{ readonly level: number }> };
  getBattery?.call(navigator).then(
    (found) => {
      battery = found;
    },
    () => {}, // not allowed here: as where there is none
  );
  return () => battery?.level ?? null;
}

/** Ask the browser not to clear this site's storage by itself; whether it promised. */
export async function persistStorage(): Promise<boolean> {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}
