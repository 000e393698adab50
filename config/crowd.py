"""Simulated fans who buy through the real flow, over HTTP alone, so that the demo's pages move.

One fan at a time: opens a show's page (mostly the next show's), fills in its form, pays on the simulated Stripe's page
(or is declined first, or walks away), and the next one comes some seconds later: CROWD_SECONDS (4) on average, longer
the more is sold. Four fifths of each kind of tickets is the most that the crowd takes; CROWD=full lets all sell out.
Ends on SIGTERM.
"""

import argparse
import enum
import os
import random
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.appetite import Appetite
from config.browsing import Browser, Form, Page, UnreachableError
from config.logs import redacted

NAMES = (
    "Ada", "Amara", "Bela", "Carmen", "Chidi", "Dana", "Elif", "Femi", "Greta", "Hana", "Imani", "Jonas", "Kaya",
    "Lena", "Mateo", "Nia", "Omar", "Priya", "Quinn", "Rosa", "Sami", "Tomas", "Uma", "Viktor", "Wren", "Xenia", "Yuki",
    "Zora",
)  # fmt: skip
MOST_TICKETS = 4
# Most fans come for the next show; the others see that there is more than one.
FOR_THE_NEXT_SHOW = 0.9
# When there is nothing to buy, looking again this often is enough.
IDLE_SECONDS = 30.0


class Mood(enum.Enum):
    """What a fan will do on the payment page."""

    PAYS = 80
    IS_DECLINED_FIRST = 12
    WALKS_AWAY = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", default=os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("CROWD_SECONDS", "4")))
    parser.add_argument("--memory", type=Path, help="where it keeps what it knows of the shows")
    parser.add_argument("--full", action="store_true", default=os.environ.get("CROWD", "").lower() == "full")
    arguments = parser.parse_args()
    leaving = threading.Event()
    for wish in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wish, lambda *_: leaving.set())
    appetite = Appetite(memory=arguments.memory, full=arguments.full)
    _come_one_by_one(arguments.site, seconds=arguments.seconds, appetite=appetite, leaving=leaving)


def _come_one_by_one(site: str, *, seconds: float, appetite: Appetite, leaving: threading.Event) -> None:
    whims = random.Random()
    pause = seconds
    while not leaving.wait(pause * whims.uniform(0.4, 1.6)):
        visit = _visit(site, whims, appetite)
        pause = seconds * visit.slowness if visit else IDLE_SECONDS
        print(redacted(visit.said) if visit else "nothing to buy; looking again later", flush=True)


@dataclass(frozen=True, slots=True)
class Visit:
    """How a fan's visit went, and by what the pause after it is to be multiplied."""

    said: str
    slowness: float = 1.0


@dataclass(frozen=True, slots=True)
class Offer:
    """A kind of tickets that the crowd may buy: its form and field, how many it may take, and how much it hurries."""

    form: Form
    field: str
    room: int
    slowness: float


def _visit(site: str, whims: random.Random, appetite: Appetite) -> Visit | None:
    try:
        return Fan(whims, appetite).visit(site)
    except UnreachableError as reason:
        return Visit(f"nobody answers ({reason})")


class Fan:
    """One person with a first name, an address nobody reads, and a mood."""

    def __init__(self, whims: random.Random, appetite: Appetite) -> None:
        self._whims = whims
        self._appetite = appetite
        self._browser = Browser()
        self._name = whims.choice(NAMES)
        self._email = f"{self._name.lower()}.{whims.randrange(10_000):04}@example.org"
        self._mood = whims.choices(list(Mood), weights=[mood.value for mood in Mood])[0]

    def visit(self, site: str) -> Visit | None:
        """Buy at one of the site's shows, and say how it went; None when there is nothing to buy."""
        offer = self._offer_of_a_show(site)
        if offer is None:
            return None
        quantity, page = self._ask_for_tickets(offer)
        if urlsplit(page.url).netloc == urlsplit(site).netloc:
            return Visit(f"{self._name} got no tickets: {page.status} at {page.url}", offer.slowness)
        return Visit(f"{self._name}, {quantity} x: {self._at_the_payment(page)}", offer.slowness)

    def _offer_of_a_show(self, site: str) -> Offer | None:
        links = [
            link for link in self._browser.open(site + "/").links if urlsplit(link).path.startswith("/e/")
        ]
        shows = list(dict.fromkeys(links))  # the site has the next show first
        if self._whims.random() >= FOR_THE_NEXT_SHOW:
            self._whims.shuffle(shows)
        return next((offer for show in shows if (offer := self._offer(self._browser.open(show)))), None)

    def _offer(self, page: Page) -> Offer | None:
        form = next((form for form in page.forms if "data-buy" in form.marks), None)
        offers = [
            offer for kind, left in _left(page).items() if form and (offer := self._of(form, kind, left))
        ]
        return self._whims.choice(offers) if offers else None

    def _of(self, form: Form, kind: str, left: int) -> Offer | None:
        """What the crowd may buy of one kind of tickets."""
        field = f"quantity_{kind}"
        room = min(self._appetite.room(kind, left=left), form.limits.get(field, MOST_TICKETS))
        slowness = self._appetite.slowness(kind, left=left)
        return Offer(form=form, field=field, room=room, slowness=slowness) if room > 0 else None

    def _ask_for_tickets(self, offer: Offer) -> tuple[int, Page]:
        quantity = self._whims.randint(1, min(MOST_TICKETS, offer.room))
        nothing = {name: "0" for name in offer.form.values if name.startswith("quantity_")}
        values = {**nothing, offer.field: str(quantity), "email": self._email}
        return quantity, self._browser.submit(offer.form, values)

    def _at_the_payment(self, page: Page) -> str:
        if self._mood is Mood.WALKS_AWAY:
            return "walked away from the payment page"
        if self._mood is Mood.IS_DECLINED_FIRST:
            page = self._choose(page, "decline")
        page = self._choose(page, "pay")
        return f"{self._mood.name.lower().replace('_', ' ')}, and came to {urlsplit(page.url).path}"

    def _choose(self, page: Page, outcome: str) -> Page:
        for form in page.forms:
            for name, values in form.choices.items():
                if outcome in values:
                    return self._browser.submit(form, {name: outcome})
        print(redacted(f"no way to {outcome} on {page.url} ({page.status})"), file=sys.stderr, flush=True)
        return page


def _left(page: Page) -> dict[str, int]:
    """How many tickets of each kind a show's page says are left."""
    offers: list[dict[str, Any]] = page.data.get("event-data", {}).get("offers", [])
    return {offer["id"]: int(offer["left"]) for offer in offers}


if __name__ == "__main__":
    main()
