import { defineConfig } from "vitest/config";
import { entries } from "./config/frontend/entries.ts";
import { serviceWorker } from "./config/frontend/service-worker.ts";

const BASE = "/static/app/";

export default defineConfig({
  base: BASE,
  publicDir: false,
  plugins: [serviceWorker({ source: "bouncer_client/src/sw.ts", output: "door-sw.js", base: BASE })],
  build: {
    outDir: "dist",
    manifest: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    rolldownOptions: { input: entries(["dashboards/src/entries", "bouncer_client/src/entries"]) },
  },
  worker: { format: "es" },
  test: {
    include: ["{bouncer_client,dashboards,realtime,ticketing}/**/*.test.ts"],
    environment: "node",
  },
});
