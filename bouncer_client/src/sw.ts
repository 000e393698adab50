/**
 * Opens Bouncer Mode where there is no network. The shell and every built file are kept under their version's name;
 * what is asked of the server (/door/api/, the socket) never passes through here. A new version waits until a person
 * lets it take over: never in the middle of a shift.
 */

const worker = self as unknown as ServiceWorkerGlobalScope;
const SHELL = "/door/";
const BESIDE = ["/door/app.webmanifest", "/static/bouncer_client/icon.svg"];
const CACHE = `ngn-door-${__PRECACHE__.version}`;
const KEPT = new Set([...__PRECACHE__.urls, ...BESIDE]);

worker.addEventListener("install", (event) => {
  event.waitUntil(keep());
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

worker.addEventListener("message", (event) => {
  if (event.data === "take-over") void worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate" && isShell(url.pathname)) event.respondWith(kept(SHELL, request));
  else if (KEPT.has(url.pathname)) event.respondWith(kept(url.pathname, request));
});

function isShell(path: string): boolean {
  return path.startsWith(SHELL) && !path.startsWith("/door/api/") && !/\.[a-z]+$/.test(path);
}

async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache: the shell of this version names the files of this version.
  await cache.addAll([SHELL, ...KEPT].map((url) => new Request(url, { cache: "reload" })));
}

/** Only the version in charge keeps its files. The first one takes the open page, so that it can go offline at once. */
async function takeOver(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith("ngn-door-") && name !== CACHE);
  await Promise.all(names.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

async function kept(path: string, request: Request): Promise<Response> {
  const found = await caches.match(path, { cacheName: CACHE });
  return found ?? fetch(request);
}

export {};
