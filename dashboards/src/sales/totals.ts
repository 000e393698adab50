import type { SalesSnapshot } from "../../../realtime/client/protocol.gen.ts";

export interface Totals {
  readonly allocation: number;
  readonly sold: number;
  readonly held: number;
  readonly left: number;
}

/** The show's numbers over all its kinds of ticket. */
export function totalsOf({ types }: Pick<SalesSnapshot, "types">): Totals {
  const sum = (of: (type: SalesSnapshot["types"][number]) => number) =>
    types.reduce((total, type) => total + of(type), 0);
  const allocation = sum((type) => type.allocation);
  const sold = sum((type) => type.sold);
  const held = sum((type) => type.held);
  return { allocation, sold, held, left: allocation - sold - held };
}

/** `2 × General admission, 1 × Balcony`. */
export function linesInWords(
  lines: readonly { readonly ticket_type: string; readonly quantity: number }[],
  types: SalesSnapshot["types"],
): string {
  return lines.map((line) => `${line.quantity} × ${typeName(line.ticket_type, types)}`).join(", ");
}

export function typeName(id: string, types: SalesSnapshot["types"]): string {
  return types.find((type) => type.id === id)?.name ?? id;
}

/** Seats that came in since, for the sentence after a reconnection. */
export function missedInWords(missed: number): string {
  if (missed === 0) return "Back. Nothing happened meanwhile.";
  return `Back. ${missed === 1 ? "1 entry" : `${missed} entries`} happened meanwhile; all of them are here now.`;
}
