import "../styles/sales.css";
import { openGateway } from "../../../realtime/client/gateway.ts";
import type { SalesSnapshot } from "../../../realtime/client/protocol.gen.ts";
import type { SalesFact } from "../../../realtime/client/reducers.ts";
import { showConnection } from "../lib/connection.ts";
import { need, pageData, setText } from "../lib/dom.ts";
import { DoorAlarm } from "../sales/alarm.ts";
import { type SalesData, SalesPage } from "../sales/page.ts";
import { soundSwitch, Till } from "../sales/sound.ts";
import { missedInWords } from "../sales/totals.ts";

const data = pageData<SalesData>("sales-data");
const page = new SalesPage(data);
const till = new Till();
const alarm = new DoorAlarm(data.time_zone);
const notice = need("[data-notice]");
const gateway = openGateway();
let dropped = false;

page.start(data.snapshot);
showConnection(need("[data-testid=connection]"), gateway);
soundSwitch(need("[data-sound]"), till);
gateway.onStatus((status) => {
  if (status === "live") return;
  dropped = true;
  say("No connection. These numbers are from before; they catch up by themselves.");
});
gateway.subscribe<SalesSnapshot, SalesFact>(
  `sales:${data.event_id}`,
  {
    snapshot: (snapshot) => {
      page.start(snapshot);
      if (dropped) say("Back. The numbers are up to date again.");
    },
    fact: (fact, seq) => {
      if (page.follow(fact, seq) !== null) till.ring();
      if (fact.t !== "double_scan" || !fact.admitted) return;
      alarm.tell(fact);
      till.alarm();
    },
    resumed: (missed) => {
      if (dropped) say(missedInWords(missed));
    },
    closed: () => say("You may not see these sales any more. Sign in again, or ask the venue's owner."),
  },
  { since: data.since, epoch: data.epoch },
);

function say(text: string): void {
  notice.hidden = false;
  setText(notice, text);
}
