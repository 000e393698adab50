import "../styles/artist.css";
import { openGateway } from "../../../realtime/client/gateway.ts";
import { ShowCard } from "../artist/show.ts";
import { showConnection } from "../lib/connection.ts";
import { need } from "../lib/dom.ts";

const cards = [...document.querySelectorAll<HTMLElement>("[data-event]")].map((card) => new ShowCard(card));
if (cards.length > 0) followAll();

function followAll(): void {
  const gateway = openGateway();
  showConnection(need("[data-testid=connection]"), gateway);
  for (const card of cards) {
    gateway.subscribe(`artist:${card.eventId}`, {
      state: (state) => {
        if (state.t === "artist_state") card.follow(state);
      },
    });
  }
}
