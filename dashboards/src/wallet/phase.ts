/** When a show's live codes run, as the wallet gets it. `starts_at` in UTC milliseconds. */
export interface DoorWindow {
  readonly salt: string;
  readonly steps: number;
  readonly starts_at: number;
  readonly step_s: number;
  readonly guard: number;
}

export type Phase =
  | { readonly t: "before"; readonly opensAt: number }
  | { readonly t: "live"; readonly step: number; readonly left: number }
  | { readonly t: "after" };

/**
 * What a wallet shows at `now` (server's UTC milliseconds). The first `guard` steps show nothing, because no door
 * admits them; `left` is how many milliseconds the step's code still stands.
 */
export function phaseAt(window: DoorWindow, now: number): Phase {
  const length = window.step_s * 1000;
  const step = Math.floor((now - window.starts_at) / length);
  if (step <= window.guard) return { t: "before", opensAt: window.starts_at + (window.guard + 1) * length };
  if (step > window.steps) return { t: "after" };
  return { t: "live", step, left: window.starts_at + (step + 1) * length - now };
}
