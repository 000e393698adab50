const CODE = /^[A-Za-z0-9_-]{16,64}$/;

/** The pairing code in what was scanned, opened or typed: the venue's link, its `#pair=` part, or the bare code. */
export function pairingCodeIn(text: string): string | null {
  const trimmed = text.trim();
  const code = /#pair=([^&\s]*)/.exec(trimmed)?.[1] ?? trimmed;
  return CODE.test(code) ? code : null;
}
