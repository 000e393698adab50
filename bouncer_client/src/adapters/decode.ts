import { decodeQR } from "qr/decode.js";

/** Pixels as a canvas gives them: four bytes each, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** The seam: the text of the QR code in a picture, or null. Another decoder would take this one function's place. */
export function decode(picture: Picture): string | null {
  try {
    return decodeQR(picture, { format: "RGBA" });
  } catch {
    return null; // the library throws for every picture without a readable code: at a door, that is most of them
  }
}
