/** What the build tells the service worker: filled in by config/frontend/service-worker.ts. */
declare const __PRECACHE__: {
  /** Changes whenever one of the files does; names the cache. */
  readonly version: string;
  /** Absolute paths of every built file that the door needs offline. */
  readonly urls: readonly string[];
};
