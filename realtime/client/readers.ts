import type { Delivery } from "./effects.ts";
import type { AnyFact, AnySnapshot, TopicHandlers } from "./gateway.ts";
import type { ErrorCode } from "./protocol.gen.ts";

/** Who is told what is said of each topic: one reader a topic. */
export class Readers {
  private readonly handlers = new Map<string, TopicHandlers>();

  add<S extends AnySnapshot, F extends AnyFact>(topic: string, handlers: TopicHandlers<S, F>): void {
    // The topic's kind decides what it carries; the caller who names the topic names the types with it.
    this.handlers.set(topic, handlers as TopicHandlers);
  }

  /** Nothing more is told. */
  remove(topic: string): void {
    this.handlers.delete(topic);
  }

  tell(delivery: Delivery): void {
    switch (delivery.do) {
      case "snapshot": {
        const { topic, snapshot, seq, epoch } = delivery.message;
        this.handlers.get(topic)?.snapshot?.(snapshot, seq, epoch);
        break;
      }
      case "fact":
        this.handlers.get(delivery.message.topic)?.fact?.(delivery.message.fact, delivery.message.seq);
        break;
      case "state":
        this.handlers.get(delivery.message.topic)?.state?.(delivery.message.state, delivery.message.seq);
        break;
      case "presence":
        this.handlers.get(delivery.message.topic)?.presence?.(delivery.message.devices);
        break;
      case "resumed":
        this.handlers.get(delivery.topic)?.resumed?.(delivery.missed);
        break;
      case "closed":
        this.close(delivery.topic, delivery.code);
        break;
      default:
        delivery satisfies never;
    }
  }

  private close(topic: string, code: ErrorCode): void {
    const handlers = this.handlers.get(topic);
    this.handlers.delete(topic);
    handlers?.closed?.(code);
  }
}
