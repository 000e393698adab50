/** New versions of the app: fetched in the background, offered, taken over only when a person says so. */
export interface Updates {
  /** Called when a new version waits, now or later. */
  onReady(listener: () => void): void;
  /** Let the waiting version take over; the page reloads with it. */
  take(): void;
}

const TAKE_OVER = "take-over";

export function watchForUpdates(script: string, scope: string): Updates {
  const listeners = new Set<() => void>();
  let waiting: ServiceWorker | null = null;
  const ready = (worker: ServiceWorker) => {
    waiting = worker;
    for (const listener of listeners) listener();
  };
  if ("serviceWorker" in navigator) void register(script, scope, ready);
  return {
    onReady: (listener) => {
      listeners.add(listener);
      if (waiting !== null) listener();
    },
    take: () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      waiting?.postMessage(TAKE_OVER);
    },
  };
}

async function register(
  script: string,
  scope: string,
  ready: (worker: ServiceWorker) => void,
): Promise<void> {
  try {
    const registration = await navigator.serviceWorker.register(script, { scope, updateViaCache: "none" });
    if (registration.waiting !== null) ready(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", () => {
        // The very first version has nobody to replace: there is nothing to offer.
        if (worker.state === "installed" && navigator.serviceWorker.controller !== null) ready(worker);
      });
    });
  } catch {
    // No service worker here (Lockdown Mode, plain http): the app works while it is open, and says "in a browser tab".
  }
}
