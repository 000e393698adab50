import { type Decoder, openDecoder } from "./decoder.ts";

const SIDE = 640;
/** How much of the picture's shorter side is looked at: staff hold the code in the middle. */
const REGION = 0.9;
const BETWEEN_MS = 80; // about twelve a second: more only warms the phone

/** A camera that reads codes. `start` needs a tap before it on some phones, and may be called again after `stop`. */
export interface Camera {
  start(): Promise<void>;
  stop(): void;
  readonly isOn: boolean;
  /** Null where there is no lamp, or the browser does not let us. */
  readonly torch: { isOn: boolean; set(on: boolean): Promise<void> } | null;
}

/** What to tell a person about a camera that did not start. */
export function cameraProblem(problem: unknown): string {
  const name = problem instanceof DOMException ? problem.name : "";
  return PROBLEMS[name] ?? "The camera did not start. Close other apps that use it, then try again.";
}

const PROBLEMS: Readonly<Record<string, string>> = {
  NotAllowedError:
    "The camera is not allowed. Allow it for this site in the browser's settings, then try again.",
  NotFoundError: "This device has no camera. Type codes, or use a hardware scanner.",
  NotReadableError: "Another app is using the camera. Close it, then try again.",
  OverconstrainedError: "This device has no camera that fits. Type codes, or use a hardware scanner.",
  SecurityError: "The browser does not give this page a camera. Open it by https.",
  AbortError: "The camera stopped while it was starting. Try again.",
};

/** Reads the codes that this video shows; `read` is told of every picture looked at: its text, or null. */
export function openCamera(video: HTMLVideoElement, read: (text: string | null) => unknown): Camera {
  return new VideoCamera(video, read);
}

class VideoCamera implements Camera {
  private stream: MediaStream | null = null;
  private decoder: Decoder | null = null;
  private isBusy = false;
  private lookedAt = 0;
  private torchIsOn = false;
  private readonly canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  private readonly paper = this.canvas.getContext("2d", { willReadFrequently: true });

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly read: (text: string | null) => unknown,
  ) {}

  get isOn(): boolean {
    return this.stream !== null;
  }

  get torch(): Camera["torch"] {
    const track = this.stream?.getVideoTracks()[0];
    const able = track?.getCapabilities?.() as (MediaTrackCapabilities & { torch?: boolean }) | undefined;
    if (track === undefined || able?.torch !== true) return null;
    return {
      isOn: this.torchIsOn,
      set: async (on) => {
        await track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
        this.torchIsOn = on;
      },
    };
  }

  async start(): Promise<void> {
    if (this.stream !== null) return;
    if (navigator.mediaDevices === undefined) throw new DOMException("no camera here", "SecurityError");
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    this.decoder ??= openDecoder();
    this.video.srcObject = this.stream;
    await this.video.play();
    this.next();
  }

  stop(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.torchIsOn = false;
    this.video.srcObject = null;
    this.decoder?.close();
    this.decoder = null;
    this.isBusy = false;
  }

  private next(): void {
    this.video.requestVideoFrameCallback((now) => {
      if (this.stream === null) return;
      if (!this.isBusy && now - this.lookedAt >= BETWEEN_MS) void this.look(now);
      this.next();
    });
  }

  private async look(now: number): Promise<void> {
    const picture = this.picture();
    if (picture === null || this.decoder === null) return;
    this.isBusy = true;
    this.lookedAt = now;
    const text = await this.decoder.decode(picture);
    this.isBusy = false;
    if (this.stream !== null) this.read(text);
  }

  /** The middle of the frame, as a square. */
  private picture(): ImageData | null {
    const { videoWidth: width, videoHeight: height } = this.video;
    const side = REGION * Math.min(width, height);
    if (this.paper === null || side === 0) return null;
    this.paper.drawImage(this.video, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
    return this.paper.getImageData(0, 0, SIDE, SIDE);
  }
}
