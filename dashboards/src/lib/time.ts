const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `21:04:17` (or `21:04`) at the venue. `at` in UTC milliseconds. */
export function timeOfDay(at: number, zone: string, seconds = true): string {
  return format(at, zone, {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  });
}

/** `Sat, 22 Nov` at the venue. */
export function dayOf(at: number, zone: string): string {
  return format(at, zone, { weekday: "short", day: "numeric", month: "short" });
}

/** The time of the next full minute (`18:03`), so that what is told is never too early. */
export function nextMinute(at: number, zone: string): string {
  return timeOfDay(Math.ceil(at / MINUTE) * MINUTE, zone, false);
}

/** `today`, or `on Sat, 22 Nov`, at the venue. */
export function dayInWords(at: number, now: number, zone: string): string {
  return dayOf(at, zone) === dayOf(now, zone) ? "today" : `on ${dayOf(at, zone)}`;
}

/** How long something lasts or is away: `2 d 3 h`, `2 h 03 min`, `4 min 09 s`, `12 s`. Never negative. */
export function span(ms: number): string {
  const left = Math.max(0, Math.ceil(ms / SECOND)) * SECOND;
  if (left >= DAY) return `${part(left, DAY)} d ${part(left % DAY, HOUR)} h`;
  if (left >= HOUR) return `${part(left, HOUR)} h ${two(part(left % HOUR, MINUTE))} min`;
  if (left >= MINUTE) return `${part(left, MINUTE)} min ${two(part(left % MINUTE, SECOND))} s`;
  return `${part(left, SECOND)} s`;
}

/** `14:09`, the way a kitchen timer shows it. */
export function timer(ms: number): string {
  const left = Math.max(0, Math.ceil(ms / SECOND)) * SECOND;
  return `${part(left, MINUTE)}:${two(part(left % MINUTE, SECOND))}`;
}

function part(ms: number, unit: number): number {
  return Math.floor(ms / unit);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: number, zone: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${zone}|${JSON.stringify(options)}`;
  const made = formats.get(key) ?? new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
  formats.set(key, made);
  return made.format(at);
}
