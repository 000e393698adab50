/** How times are written at the door: the venue's zone, 24 hours, always two digits. */

function format(zone: string, seconds: boolean): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (seconds) options.second = "2-digit";
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", options); // a zone that this browser does not know: its own is next best
  }
}

/** `21:04:17` */
export function clockTime(at: number, zone: string): string {
  return format(zone, true).format(at);
}

/** `21:04` */
export function shortTime(at: number, zone: string): string {
  return format(zone, false).format(at);
}

/** `6 minutes`, `1 hour 5 minutes`, `15 seconds`: never more than two units, never rounded up. */
export function spanWords(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [86_400, 3_600, 60].map((unit) => Math.floor(whole / unit)) as [
    number,
    number,
    number,
  ];
  if (days > 0) return joined(count(days, "day"), count(hours % 24, "hour"));
  if (hours > 0) return joined(count(hours, "hour"), count(minutes % 60, "minute"));
  return minutes > 0 ? count(minutes, "minute") : count(whole, "second");
}

function count(n: number, unit: string): string {
  return n === 0 ? "" : `${n} ${unit}${n === 1 ? "" : "s"}`;
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
