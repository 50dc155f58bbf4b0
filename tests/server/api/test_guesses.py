"""A key in any spelling opens its license; a guessed one learns nothing, and soon nobody listens."""

from collections.abc import Callable
from typing import Any

import pytest

from server.catalog.models import Plan, Product
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import resolve, tenant
from server.licensing import keys
from server.licensing.services import issue_license
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of
from tests.tools.statements import statements

GUESSES = {"sqlite": 2_000, "postgresql": 100}  # they are counted in memory, whichever database
LISTENS = 20  # failed keys a minute and address: protocols 3.5

SPELLINGS: dict[str, Callable[[str], str]] = {
    "lower case": lambda key: key.lower(),
    "no dashes": lambda key: key.replace("-", ""),
    "spaces": lambda key: f"  {key.replace('-', ' ')} ",
    "long dashes": lambda key: key.replace("-", "\u2014"),
    "O for 0": lambda key: key[:3] + key[3:].replace("0", "O"),
    "I for 1": lambda key: key[:3] + key[3:].replace("1", "I"),
    "l for 1": lambda key: key[:3] + key[3:].replace("1", "l"),
    "full width": lambda key: "".join(chr(ord(sign) + 0xFEE0) if sign != "-" else sign for sign in key),
    "line break inside": lambda key: key[:17] + "\r\n" + key[17:],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_key_opens_its_license_however_it_is_typed(
    ask: Ask, harbour: Cast, sold: tuple[str, str], site_facts: Any, spelling: str
) -> None:
    typed = SPELLINGS[spelling](sold[1])

    assert (
        ask("POST", "/v1/activations", harbour.product_key, site_facts(license_key=typed)).status_code == 201
    )
    judged = ask("POST", "/v1/license-validations", harbour.product_key, {"license_key": typed}, key=None)
    assert judged.json is not None
    assert judged.json["code"] == "VALID"


def test_a_typing_error_is_told_from_an_unknown_key(
    ask: Ask, harbour: Cast, sold: tuple[str, str], site_facts: Any
) -> None:
    wrong = sold[1][:-1] + ("0" if sold[1][-1] != "0" else "2")

    typo = ask("POST", "/v1/activations", harbour.product_key, site_facts(license_key=wrong))
    unknown = ask("POST", "/v1/activations", harbour.product_key, site_facts(license_key=guess()))

    assert code_of(typo) == (422, "key_malformed")
    assert code_of(unknown) == (404, "license_not_found")


def test_an_unknown_key_and_one_of_another_vendor_answer_and_cost_the_same(
    ask: Ask, harbour: Cast, stranger: Cast, site_facts: Any
) -> None:
    foreign = key_of(stranger)
    told, read = [], []
    for key in (guess(), foreign):
        with statements() as sent:
            told.append(ask("POST", "/v1/activations", harbour.product_key, site_facts(license_key=key)))
        read.append(sent)

    assert told[0].data == told[1].data
    assert told[0].status_code == told[1].status_code == 404
    assert read[0] == read[1]
    hidden = ("Keydesk-Signature", "Keydesk-Request-Id", "Date")
    shown = [{name: value for name, value in answer.headers if name not in hidden} for answer in told]
    assert shown[0] == shown[1]


def test_two_thousand_guesses_are_heard_twenty_times(
    ask: Ask, harbour: Cast, with_limits: None, sold: tuple[str, str], database: str
) -> None:
    answers = [
        ask("POST", "/v1/license-validations", harbour.product_key, {"license_key": guess()}, key=None)
        for _ in range(GUESSES[database])
    ]

    heard = [answer for answer in answers if answer.status_code == 200]
    assert len(heard) == LISTENS
    assert {answer.data for answer in heard} == {heard[0].data}
    assert answers[LISTENS:] == [answer for answer in answers if answer.status_code == 429]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers[LISTENS:])
    late = ask("POST", "/v1/license-validations", harbour.product_key, {"license_key": sold[1]}, key=None)
    assert late.status_code == 429


def guess() -> str:
    return keys.generate_key()


def key_of(cast: Cast) -> str:
    """A key that another vendor sold."""
    with tenant(cast.vendor.id), writing():
        customer = customer_for("bo@buyer.example.com", now=clock.now())
        _license, key = issue_license(
            product=resolve(Product, cast.product.id), plan=resolve(Plan, cast.plan.id), customer=customer,
            now=clock.now(),
        )  # fmt: skip
    return key
