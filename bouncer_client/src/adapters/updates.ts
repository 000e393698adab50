/** New versions of the app: fetched in the background, offered, taken over only when a person says so. */
export interface Updates {
  /** Called when a new version waits, now or later; returns the way to stop listening. */
  onReady(listener: () => void): () => void;
  /** There is a server again: ask it for a newer version. */
  look(): void;
  /** Let the waiting version take over; the page reloads with it. */
  take(): void;
}

const TAKE_OVER = "take-over";
const BEHIND = "behind?";
const ASK_AGAIN_MS = 3_600_000;

export function watchForUpdates(script: string, scope: string): Updates {
  const listeners = new Set<() => void>();
  let waiting: ServiceWorker | null = null;
  const ready = (worker: ServiceWorker) => {
    waiting = worker;
    for (const listener of listeners) listener();
  };
  let known: Promise<ServiceWorkerRegistration | null> = Promise.resolve(null);
  if ("serviceWorker" in navigator) known = register(script, scope, ready);
  return {
    look: () => void known.then((registration) => registration?.update()).catch(() => {}),
    onReady: (listener) => {
      listeners.add(listener);
      if (waiting !== null) listener();
      return () => listeners.delete(listener);
    },
    take: () => {
      if (waiting !== null) void ask(waiting, TAKE_OVER).then(() => location.reload());
    },
  };
}

async function register(
  script: string,
  scope: string,
  ready: (worker: ServiceWorker) => void,
): Promise<ServiceWorkerRegistration | null> {
  try {
    // Known already: then it must not depend on a network, and looks for a new version beside all else.
    const known = await navigator.serviceWorker.getRegistration(scope);
    void known?.update().catch(() => {});
    const registration =
      known ?? (await navigator.serviceWorker.register(script, { scope, updateViaCache: "none" }));
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", () => {
        // The very first version has nobody to replace: there is nothing to offer.
        if (worker.state === "installed" && navigator.serviceWorker.controller !== null) ready(worker);
      });
    });
    // A phone that stays open for days asks, too.
    setInterval(() => void registration.update().catch(() => {}), ASK_AGAIN_MS);
    const { active, waiting } = registration;
    if (waiting !== null) ready(waiting);
    // The browser put it in charge while no page was open: it keeps the pages as they were until it is wanted.
    else if (active !== null) void ask(active, BEHIND).then((behind) => behind === true && ready(active));
    return registration;
  } catch {
    // No service worker here (Lockdown Mode, plain http): the app works while it is open, and says "in a browser tab".
    return null;
  }
}

function ask(worker: ServiceWorker, question: string): Promise<unknown> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage(question, [port2]);
  });
}
