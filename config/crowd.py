"""Simulated fans who buy through the real flow, over HTTP alone, so that the demo's pages move.

One fan at a time: opens a show's page, fills in its form, pays on the simulated Stripe's page (or is declined first, or
walks away), and the next one comes some seconds later: CROWD_SECONDS (4) on average. Ends on SIGTERM.
"""

import argparse
import enum
import os
import random
import signal
import sys
import threading
from urllib.parse import urlsplit

from config.browsing import Browser, Form, Page, UnreachableError

NAMES = (
    "Ada", "Amara", "Bela", "Carmen", "Chidi", "Dana", "Elif", "Femi", "Greta", "Hana", "Imani", "Jonas", "Kaya",
    "Lena", "Mateo", "Nia", "Omar", "Priya", "Quinn", "Rosa", "Sami", "Tomas", "Uma", "Viktor", "Wren", "Xenia", "Yuki",
    "Zora",
)  # fmt: skip
MOST_TICKETS = 4
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
    arguments = parser.parse_args()
    leaving = threading.Event()
    for wish in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wish, lambda *_: leaving.set())
    _come_one_by_one(arguments.site, seconds=arguments.seconds, leaving=leaving)


def _come_one_by_one(site: str, *, seconds: float, leaving: threading.Event) -> None:
    whims = random.Random()
    pause = seconds
    while not leaving.wait(pause * whims.uniform(0.4, 1.6)):
        try:
            said = Fan(whims).visit(site)
        except UnreachableError as reason:
            said = f"nobody answers ({reason})"
        pause = seconds if said else IDLE_SECONDS
        print(said or "nothing is on sale; looking again later", flush=True)


class Fan:
    """One person with a first name, an address nobody reads, and a mood."""

    def __init__(self, whims: random.Random) -> None:
        self._whims = whims
        self._browser = Browser()
        self._name = whims.choice(NAMES)
        self._email = f"{self._name.lower()}.{whims.randrange(10_000):04}@example.org"
        self._mood = whims.choices(list(Mood), weights=[mood.value for mood in Mood])[0]

    def visit(self, site: str) -> str | None:
        """Buy at one of the site's shows, and say how it went; None when nothing is on sale."""
        buying = self._form_of_a_show(site)
        if buying is None:
            return None
        quantity, page = self._ask_for_tickets(buying)
        if urlsplit(page.url).netloc == urlsplit(site).netloc:
            return f"{self._name} got no tickets: {page.status} at {page.url}"
        return f"{self._name}, {quantity} x: {self._at_the_payment(page)}"

    def _form_of_a_show(self, site: str) -> Form | None:
        links = {
            link for link in self._browser.open(site + "/").links if urlsplit(link).path.startswith("/e/")
        }
        for link in self._whims.sample(sorted(links), len(links)):
            for form in self._browser.open(link).forms:
                if "data-buy" in form.marks and _quantities(form):
                    return form
        return None

    def _ask_for_tickets(self, form: Form) -> tuple[int, Page]:
        kinds = _quantities(form)
        chosen = self._whims.choice(kinds)
        quantity = self._whims.randint(1, min(MOST_TICKETS, form.limits.get(chosen, MOST_TICKETS)))
        values = {**dict.fromkeys(kinds, "0"), chosen: str(quantity), "email": self._email}
        return quantity, self._browser.submit(form, values)

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
        print(f"no way to {outcome} on {page.url} ({page.status})", file=sys.stderr, flush=True)
        return page


def _quantities(form: Form) -> list[str]:
    """The fields of the kinds of tickets that can still be had."""
    names = [name for name in (*form.values, *form.choices) if name.startswith("quantity_")]
    return [name for name in names if form.limits.get(name, MOST_TICKETS) > 0]


if __name__ == "__main__":
    main()
