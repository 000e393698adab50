/** What the bench calls in the page; bundled by the bench itself, with the product's own modules in it. */
export { naive } from "./naive.ts";
export { decoding, keeping, parts } from "./parts.ts";
export { scanAll } from "./scanning.ts";
