import encodeQR from "qr";

/** Light modules around a code, without which cameras do not find it. */
const QUIET_ZONE = 4;

export interface QrSymbol {
  /** Modules per side, quiet zone included. */
  readonly size: number;
  /** The dark modules as one SVG path: replacing it swaps the whole code at once. */
  readonly path: string;
}

/**
 * The QR code of some digits, numeric mode, with the quiet zone: 25 x 25 modules for a live code's 45 digits at level
 * Q; 41 x 41 for a late-sale certificate's 205 at level M.
 */
export function symbolOf(digits: string, ecc: "quartile" | "medium" = "quartile"): QrSymbol {
  const rows = encodeQR(digits, "raw", { ecc, encoding: "numeric", border: QUIET_ZONE });
  return { size: rows.length, path: rows.map(darkRuns).join("") };
}

function darkRuns(row: readonly boolean[], y: number): string {
  let path = "";
  for (let x = 0; x < row.length; x += 1) {
    if (!row[x]) continue;
    const start = x;
    while (row[x + 1]) x += 1;
    path += `M${start} ${y}h${x - start + 1}v1h${start - x - 1}z`;
  }
  return path;
}
