import type { Picture } from "./decode.ts";

/** Decodes one picture at a time, off the main thread: the verdict's animation must not wait for a hard frame. */
export interface Decoder {
  /** The picture's pixels are handed over: the caller cannot use them any more. */
  decode(picture: Picture): Promise<string | null>;
  close(): void;
}

export function openDecoder(): Decoder {
  const worker = new Worker(new URL("./decoder.worker.ts", import.meta.url), { type: "module" });
  let answer: (text: string | null) => void = () => {};
  worker.onmessage = ({ data }: MessageEvent<string | null>) => answer(data);
  worker.onerror = () => answer(null);
  return {
    decode: (picture) =>
      new Promise((resolve) => {
        answer = resolve;
        worker.postMessage(picture, [picture.data.buffer]);
      }),
    close: () => worker.terminate(),
  };
}
