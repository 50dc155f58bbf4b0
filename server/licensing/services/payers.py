"""Who pays for a license, and how much comes next. The orders lie above this room, so billing answers."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from server.licensing.models import License


class Payer(NamedTuple):
    """Where mails about the money go, and in which language."""

    email: str
    locale: str


class Charge(NamedTuple):
    """The next payment of a subscription, for all that it pays."""

    licenses: list[License]  # the same, whichever of them is asked about
    amount: int | None = None  # of all together, in the smallest unit; None: nobody here knows it for sure
    currency: str = ""
    taxed: bool = False  # Stripe may put tax on it
    may_be_less: bool = False  # nothing was paid yet that would show a discount
    day: datetime | None = None  # an end that was moved by hand lies elsewhere


PayerAnswer = Callable[[License], Payer | None]
ChargeAnswer = Callable[[License], Charge | None]
_payers: list[PayerAnswer] = []
_charges: list[ChargeAnswer] = []


def answers_who_pays(answer: PayerAnswer) -> PayerAnswer:
    """Register who knows it; None for a license that its holder pays."""
    _payers.append(answer)
    return answer


def answers_what_is_charged(answer: ChargeAnswer) -> ChargeAnswer:
    """Register who knows it; None for a license that no subscription of ours pays."""
    _charges.append(answer)
    return answer


def payer_of(license: License) -> Payer | None:
    """Who is charged for the next term; None: its holder."""
    return next((payer for answer in _payers if (payer := answer(license)) is not None), None)


def charge_of(license: License) -> Charge | None:
    """What is charged for the next term, and for which licenses at once; None: nobody knows."""
    return next((charge for answer in _charges if (charge := answer(license)) is not None), None)
