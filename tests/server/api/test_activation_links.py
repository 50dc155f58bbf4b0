"""A site without a key asks its owner by mail, who says yes on a page; the site fetches a code."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from server.catalog.models import Plan, Product
from server.customers.models import Customer
from server.customers.services import customer_for
from server.jobs import Job
from server.jobs.models import JobRow
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import ActivationLink
from server.licensing.services import issue_license, revoke_license, transfer_license
from server.licensing.tasks import send_link
from server.mail.models import Mail
from server.mail.wanted import is_still_wanted
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of

NEW = {"site_url": "https://new-home.example.com", "site_uid": "e" * 32}
ANA = "ana@buyer.example.com"


def ask_link(ask: Ask, harbour: Cast, email: str = ANA, **more: Any) -> dict[str, Any]:
    answer = ask("POST", "/v1/activation-links", harbour.product_key, {**NEW, "email": email, **more})
    assert answer.status_code == 202, answer.text
    assert answer.json is not None
    run_jobs()
    return dict(answer.json)


def run_jobs() -> None:
    for job in session.scalars(select(JobRow).where(JobRow.kind == "licensing.send_activation_link")).all():
        send_link(Job(job.id, job.kind, job.tenant_id, job.args, 1))


def poll(ask: Ask, harbour: Cast, asked: dict[str, Any], secret: str = "") -> Any:
    headers = {"Keydesk-Link-Secret": secret or asked["poll_secret"]}
    path = f"/v1/activation-links/{asked['activation_link_id']}"
    return ask("GET", path, harbour.product_key, headers=headers)


def path_in_mail() -> str:
    mail = session.scalars(select(Mail).where(Mail.template == "activation_link")).one()
    return "/activate/" + mail.text.partition("/activate/")[2].split()[0]


def mails() -> int | None:
    return session.scalar(select(func.count()).select_from(Mail).where(Mail.template == "activation_link"))


def test_the_owner_says_yes_and_the_site_sits(
    ask: Ask, client: FlaskClient, harbour: Cast, sold: tuple[str, str], held: Any
) -> None:
    asked = ask_link(ask, harbour)
    assert poll(ask, harbour, asked).json == {"state": "pending", "transfer_code": None}
    path = path_in_mail()

    page = client.get(f"{path}?lang=en")
    assert page.status_code == 200
    assert "https://new-home.example.com" in page.text
    assert poll(ask, harbour, asked).json["state"] == "pending"
    assert client.post(f"{path}/confirmation").status_code == 303
    assert "Go back to https://new-home.example.com" in client.get(f"{path}?lang=en").text

    ready = poll(ask, harbour, asked).json
    assert ready["state"] == "ready"
    assert poll(ask, harbour, asked).json == {"state": "expired", "transfer_code": None}
    body = {**NEW, "transfer_code": ready["transfer_code"]}
    stranger = ask("POST", "/v1/activations", harbour.product_key, {**body, "site_uid": "f" * 32})
    assert code_of(stranger) == (422, "transfer_code_invalid")
    assert ask("POST", "/v1/activations", harbour.product_key, body).status_code == 201
    assert held().seats_used == 1
    used = client.get(f"{path}?lang=en")
    assert used.status_code == 200
    assert "Done: https://new-home.example.com has fetched its activation." in used.text
    assert "Go back to" not in used.text
    assert "Done: " in client.get(f"{path}?lang=en").text


def test_an_unknown_address_is_answered_alike_and_gets_no_mail(
    ask: Ask, harbour: Cast, sold: tuple[str, str]
) -> None:
    known, unknown = ask_link(ask, harbour), ask_link(ask, harbour, "nobody@buyer.example.com")

    assert known.keys() == unknown.keys()
    assert mails() == 1
    assert poll(ask, harbour, unknown).json == {"state": "pending", "transfer_code": None}


def test_only_the_site_that_asked_learns_the_outcome(ask: Ask, harbour: Cast, sold: tuple[str, str]) -> None:
    asked = ask_link(ask, harbour)

    assert code_of(poll(ask, harbour, asked, "x" * 43)) == (404, "not_found")
    missing = {**asked, "activation_link_id": "alk_" + "0" * 26}
    assert code_of(poll(ask, harbour, missing)) == (404, "not_found")


def test_a_full_license_lets_its_owner_release_a_site_first(
    ask: Ask, client: FlaskClient, harbour: Cast, sold: tuple[str, str], site_facts: Any, held: Any
) -> None:
    for number in range(5):
        body = site_facts(number, license_key=sold[1])
        assert ask("POST", "/v1/activations", harbour.product_key, body).status_code == 201
    asked = ask_link(ask, harbour)
    path = path_in_mail()

    page = client.get(f"{path}?lang=en")
    assert "All 5 sites of this license are in use" in page.text
    assert "https://shop-3.example.com" in page.text
    assert client.post(f"{path}/confirmation").status_code == 409
    activation = page.text.partition('name="activation_id" value="')[2].partition('"')[0]
    assert client.post(f"{path}/releases", data={"activation_id": activation}).status_code == 303

    assert held().seats_used == 4
    assert client.post(f"{path}/confirmation").status_code == 303
    assert poll(ask, harbour, asked).json["state"] == "ready"


def test_a_site_with_two_installations_makes_room_by_one_press(
    ask: Ask, client: FlaskClient, harbour: Cast, sold: tuple[str, str], site_facts: Any, held: Any
) -> None:
    for number in range(5):
        for uid in ("a", "b"):
            body = site_facts(number, license_key=sold[1], site_uid=uid * 31 + str(number))
            assert ask("POST", "/v1/activations", harbour.product_key, body).status_code == 201
    ask_link(ask, harbour)
    path = path_in_mail()
    page = client.get(f"{path}?lang=en").text
    assert page.count('name="activation_id"') == 5
    activation = page.partition('name="activation_id" value="')[2].partition('"')[0]
    client.post(f"{path}/releases", data={"activation_id": activation})

    assert held().seats_used == 4
    assert client.post(f"{path}/confirmation").status_code == 303


def test_nobody_elses_site_is_released(
    ask: Ask, client: FlaskClient, harbour: Cast, sold: tuple[str, str]
) -> None:
    ask_link(ask, harbour)

    answer = client.post(f"{path_in_mail()}/releases", data={"activation_id": "act_" + "0" * 26})

    assert answer.status_code == 404


def test_a_second_yes_gives_no_second_code(
    ask: Ask, client: FlaskClient, harbour: Cast, sold: tuple[str, str]
) -> None:
    ask_link(ask, harbour)
    path = path_in_mail()
    client.post(f"{path}/confirmation")

    assert client.post(f"{path}/confirmation").status_code == 409


def test_a_link_ends_after_half_an_hour(
    ask: Ask, client: FlaskClient, harbour: Cast, sold: tuple[str, str]
) -> None:
    asked = ask_link(ask, harbour)
    path = path_in_mail()
    with writing():
        link = session.scalars(select(ActivationLink)).one()
        link.expires_at = clock.now() - timedelta(seconds=1)
        mail = session.scalars(select(Mail).where(Mail.template == "activation_link")).one()
        assert not is_still_wanted(mail, clock.now())

    assert client.get(f"{path}?lang=en").status_code == 410
    assert client.post(f"{path}/confirmation").status_code == 410
    assert poll(ask, harbour, asked).json["state"] == "expired"


def test_a_confirmed_link_whose_site_never_came_says_so_after_a_day(
    ask: Ask, client: FlaskClient, harbour: Cast, sold: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask_link(ask, harbour)
    path = path_in_mail()
    client.post(f"{path}/confirmation")
    later = clock.now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    page = client.get(f"{path}?lang=en")

    assert page.status_code == 410
    assert "https://new-home.example.com did not come for its activation within a day." in page.text
    assert "Go back to" not in page.text
    assert poll(ask, harbour, asked).json == {"state": "expired", "transfer_code": None}


def test_a_revoked_license_activates_nothing(ask: Ask, client: FlaskClient, harbour: Cast, held: Any) -> None:
    asked = ask_link(ask, harbour)
    with writing():
        revoke_license(held(), "refunded", actor="system", now=clock.now())

    page = client.get(f"{path_in_mail()}?lang=en")

    assert "because the purchase was refunded" in page.text
    assert 'href="/account/harbour"' in page.text
    assert client.post(f"{path_in_mail()}/confirmation").status_code == 403
    assert poll(ask, harbour, asked).json["state"] == "pending"


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_link_to_a_license_that_was_handed_over_leads_nowhere(
    ask: Ask, client: FlaskClient, harbour: Cast, held: Any, confirmed: bool
) -> None:
    asked = ask_link(ask, harbour)
    if confirmed:
        client.post(f"{path_in_mail()}/confirmation")
    with writing():
        new = customer_for("new@buyer.example.com", now=clock.now())
        transfer_license(held(), new, actor="member:mem_1", now=clock.now())
        mail = session.scalars(select(Mail).where(Mail.template == "activation_link")).one()
        assert not is_still_wanted(mail, clock.now())

    assert client.get(path_in_mail()).status_code == 404
    assert client.post(f"{path_in_mail()}/confirmation").status_code == 404
    assert poll(ask, harbour, asked).json == {"state": "expired", "transfer_code": None}


def test_a_mailbox_and_an_address_are_asked_only_so_often(
    ask: Ask, harbour: Cast, sold: tuple[str, str], with_limits: None
) -> None:
    codes = [
        ask("POST", "/v1/activation-links", harbour.product_key, {**NEW, "email": ANA}).status_code
        for _ in range(4)
    ]

    assert codes == [202, 202, 202, 429]


@pytest.mark.parametrize(
    ("field", "value"), [("email", "no address"), ("site_url", "ftp://x"), ("site_uid", "E" * 32)]
)
def test_what_cannot_be_meant_is_refused(
    ask: Ask, harbour: Cast, sold: tuple[str, str], field: str, value: str
) -> None:
    answer = ask("POST", "/v1/activation-links", harbour.product_key, {**NEW, "email": ANA, field: value})

    assert answer.status_code == 422


def test_the_page_of_an_unknown_address_is_nowhere(client: FlaskClient) -> None:
    assert client.get("/activate/" + "x" * 43).status_code == 404


def own_more(cast: Cast, seats: int | None, **facts: Any) -> str:
    """One more license of the customer, with so many seats; its id."""
    now = clock.now()
    with writing():
        license, _key = issue_license(
            product=resolve(Product, cast.product.id),
            plan=resolve(Plan, cast.plan.id),
            customer=customer_for(ANA, now=now),
            now=now,
        )
        license.seats = seats
        for name, value in facts.items():
            setattr(license, name, value)
    return license.id


def asked_license() -> str:
    """The license that the mail's page is about."""
    return str(session.scalars(select(ActivationLink)).one().license_id)


def test_a_site_that_sits_stays_with_its_license_though_another_has_room(
    ask: Ask, harbour: Cast, sold: tuple[str, str], held: Any
) -> None:
    with writing():
        held().seats = 1
    body = {**NEW, "license_key": sold[1]}
    assert ask("POST", "/v1/activations", harbour.product_key, body).status_code == 201
    own_more(harbour, 5)

    ask_link(ask, harbour)

    assert asked_license() == sold[0]


def test_of_several_licenses_the_newest_with_room_is_offered(
    ask: Ask, harbour: Cast, sold: tuple[str, str], site_facts: Any, held: Any
) -> None:
    wanted = own_more(harbour, 5)
    own_more(harbour, 5, revoked_for=["refunded"])
    with writing():
        held().seats = 1
    body = site_facts(license_key=sold[1])
    assert ask("POST", "/v1/activations", harbour.product_key, body).status_code == 201

    ask_link(ask, harbour)

    assert asked_license() == wanted


def test_who_has_several_licenses_chooses_on_the_page(
    ask: Ask, client: FlaskClient, harbour: Cast, sold: tuple[str, str], held: Any
) -> None:
    other, ended = own_more(harbour, 7), own_more(harbour, 9, revoked_for=["refunded"])
    asked = ask_link(ask, harbour)
    path = path_in_mail()
    assert asked_license() == other

    page = client.get(f"{path}?lang=en").text
    assert f'value="{sold[0]}"' in page
    assert ended not in page
    assert client.post(f"{path}/license", data={"license_id": sold[0]}).status_code == 303

    chosen = client.get(f"{path}?lang=en").text
    assert f'value="{other}"' in chosen
    assert held().key_hint in chosen.partition("<dl")[2].partition("</dl>")[0]
    assert client.post(f"{path}/confirmation").status_code == 303
    assert client.post(f"{path}/license", data={"license_id": other}).status_code == 409
    code = poll(ask, harbour, asked).json["transfer_code"]
    body = {**NEW, "transfer_code": code}
    assert ask("POST", "/v1/activations", harbour.product_key, body).status_code == 201
    assert held().seats_used == 1


def test_only_own_licenses_of_the_same_plugin_can_be_chosen(
    ask: Ask, client: FlaskClient, harbour: Cast, sold: tuple[str, str]
) -> None:
    with writing():
        stranger = customer_for("eve@buyer.example.com", now=clock.now())
    foreign = own_more(harbour, 5, customer=resolve(Customer, stranger.id))
    test = own_more(harbour, 5, mode="test")
    ended = own_more(harbour, 5, revoked_for=["refunded"])
    ask_link(ask, harbour)

    answers = [
        client.post(f"{path_in_mail()}/license", data={"license_id": id}).status_code
        for id in (foreign, test, ended, "lic_" + "0" * 26, "")
    ]

    assert answers == [404] * 5
    assert asked_license() == sold[0]
