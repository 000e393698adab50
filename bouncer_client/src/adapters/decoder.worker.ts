import { decode, type Picture } from "./decode.ts";

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = ({ data }: MessageEvent<Picture>) => {
  self.postMessage(decode(data));
};
