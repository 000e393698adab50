"""What an endpoint is: a method, a path, the type of its parameters, and the function that answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ticketing.simulator.errors import invalid
from ticketing.simulator.objects.account import Account
from ticketing.simulator.objects.base import R
from ticketing.simulator.params import Params
from ticketing.simulator.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request. `account` is the connected account that it acts for, None the platform."""

    world: World
    account: Account | None
    path: Mapping[str, str]

    @property
    def owner(self) -> str:
        return self.account.id if self.account else ""

    def own(self, model: type[R], name: str = "id") -> R:
        """The object named in the path, if the acting account owns it; else Stripe's 404."""
        return self.world.store.get(model, self.path[name], account=self.owner)

    def platform_only(self) -> None:
        if self.account is not None:
            raise invalid("This endpoint does not allow acting for a connected account (Stripe-Account).")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`run` takes the call and the parsed parameters (an instance of `params`) and returns what is to be shown."""

    method: str
    path: str
    params: type[Params]
    run: Callable[[Call, Any], Any]
    unsimulated: frozenset[str] = frozenset()
