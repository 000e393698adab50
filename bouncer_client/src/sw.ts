/**
 * Opens Bouncer Mode where there is no network. The shell and every built file are kept under their version's name;
 * what is asked of the server (/door/api/, the socket) never passes through here.
 *
 * The version in use is written down, and changes only when a person says so. A browser puts a waiting worker in
 * charge by itself as soon as no page is open: a phone that died in the middle of a shift must come back as it was.
 */

const worker = self as unknown as ServiceWorkerGlobalScope;
const SHELL = "/door/";
const BESIDE = ["/door/app.webmanifest", "/static/bouncer_client/icon.svg"];
/** The built files' version, and the shell's own: the server writes the latter in front of this script. */
const CACHE = `ngn-door-${__PRECACHE__.version}-${(self as { NGN_SHELL?: string }).NGN_SHELL ?? "0"}`;
const KEPT = new Set([...__PRECACHE__.urls, ...BESIDE]);
/** Where the version in use is written down, and the name that it is written under. */
const CHOICE = { cache: "ngn-door", name: "/door/version-in-use" } as const;

worker.addEventListener("install", (event) => {
  event.waitUntil(keep());
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(takeCharge());
});

worker.addEventListener("message", (event) => {
  const reply = event.ports[0];
  if (event.data === "take-over") event.waitUntil(takeOver().then(() => reply?.postMessage("taken")));
  if (event.data === "behind?") event.waitUntil(isBehind().then((behind) => reply?.postMessage(behind)));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate" && isShell(url.pathname)) event.respondWith(kept(SHELL, request));
  else if (KEPT.has(url.pathname) || url.pathname.startsWith("/static/app/"))
    event.respondWith(kept(url.pathname, request));
});

function isShell(path: string): boolean {
  return path.startsWith(SHELL) && !path.startsWith("/door/api/") && !/\.[a-z]+$/.test(path);
}

async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache: the shell of this version names the files of this version.
  await cache.addAll([SHELL, ...KEPT].map((url) => new Request(url, { cache: "reload" })));
  await mustFit(await cache.match(SHELL));
}

/** While servers are exchanged, one may give this script and another the shell: such a pair is tried again later. */
async function mustFit(shell: Response | undefined): Promise<void> {
  const named = (await shell?.text())?.match(/\/static\/app\/[^"']+/g) ?? [];
  const strange = named.filter((url) => !KEPT.has(url));
  if (strange.length > 0) throw new Error(`the shell is of another version: ${strange.join(", ")}`);
}

/** The first version takes the open page, so that it can go offline at once. A later one waits to be wanted. */
async function takeCharge(): Promise<void> {
  const inUse = await versionInUse();
  if (inUse === null || !(await caches.has(inUse))) await choose();
  await worker.clients.claim();
}

async function takeOver(): Promise<void> {
  await choose();
  await worker.skipWaiting();
}

/** From now on the pages are of this version, and no other keeps its files. */
async function choose(): Promise<void> {
  const cache = await caches.open(CHOICE.cache);
  await cache.put(CHOICE.name, new Response(CACHE));
  const others = (await caches.keys()).filter((name) => name.startsWith("ngn-door-") && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

async function versionInUse(): Promise<string | null> {
  const written = await caches.match(CHOICE.name, { cacheName: CHOICE.cache });
  return written === undefined ? null : written.text();
}

/** This worker is in charge, but the pages are of an older version still. */
async function isBehind(): Promise<boolean> {
  return (await versionInUse()) !== CACHE;
}

async function kept(path: string, request: Request): Promise<Response> {
  const cacheName = (await versionInUse()) ?? CACHE;
  const found = await caches.match(path, { cacheName });
  return found ?? fetch(request);
}

export {};
