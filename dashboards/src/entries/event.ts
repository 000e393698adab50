import "../styles/event.css";
import { openGateway } from "../../../realtime/client/gateway.ts";
import type { PublicState } from "../../../realtime/client/protocol.gen.ts";
import { BuyForm, type EventData } from "../event/buy_form.ts";
import { pageData } from "../lib/dom.ts";

const data = pageData<EventData>("event-data");
const form = new BuyForm(data);
const gateway = openGateway();

gateway.subscribe(`public:${data.event_id}`, {
  state: (state) => {
    if (state.t === "public_state") form.follow(state satisfies PublicState);
  },
});
