"""The way in to the customer page: one mail, one use, half an hour, and nothing told to who only asks."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from server.customers.models import CustomerLink, CustomerSession
from server.customers.services import customer_for
from server.customers.tasks import forget
from server.jobs import Job
from server.jobs.models import JobRow
from server.kernel import clock, rate_limits, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from server.mail.models import Mail
from server.mail.tasks import send
from tests.conftest import Cast
from tests.server.pages.conftest import ask, link_of, run_links

ANA = "ana@buyer.example.com"


@pytest.fixture(autouse=True)
def ana(harbour: Cast) -> None:
    with writing():
        customer_for(ANA, now=clock.now(), locale="ru")


def mails() -> int:
    return session.scalar(select(func.count()).select_from(Mail)) or 0


def test_every_address_gets_the_same_answer_and_a_customer_the_mail(client: FlaskClient) -> None:
    known, unknown = ask(client, ANA), ask(client, "nobody@buyer.example.com")

    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(ANA, "") == unknown.text.replace("nobody@buyer.example.com", "")
    run_links()
    mail = session.scalars(select(Mail)).one()
    assert (mail.to_address, mail.locale) == (ANA, "ru")


@pytest.mark.parametrize(
    "typed", ["", "ana", "ana@", "a b@example.com", "ana@example.com\nBcc: b@example.com"]
)
def test_what_is_no_address_comes_back_with_a_sentence(client: FlaskClient, typed: str) -> None:
    answer = ask(client, typed)

    assert answer.status_code == 422
    assert "This is not an e-mail address." in answer.text
    assert session.scalar(select(func.count()).select_from(JobRow)) == 0


def test_looking_at_a_link_does_not_use_it_up(client: FlaskClient) -> None:
    path = link_of(client, ANA)

    for _scanner in range(3):
        page = client.get(path)
        assert f"licenses of {ANA}" in page.text or "Открыть" in page.text
        assert "Set-Cookie" not in page.headers
    assert client.post(path).status_code == 303
    assert "Sign out" in client.get("/account/harbour?lang=en").text


def test_a_link_works_once(client: FlaskClient) -> None:
    path = link_of(client, ANA)
    assert client.post(path).status_code == 303

    assert client.get(path).status_code == 410
    assert client.post(path).status_code == 410
    assert session.scalar(select(func.count()).select_from(CustomerSession)) == 1


def test_a_link_ends_after_half_an_hour(client: FlaskClient) -> None:
    path = link_of(client, ANA)
    with writing():
        session.scalars(select(CustomerLink)).one().expires_at = clock.now()

    assert client.post(path).status_code == 410
    assert session.scalar(select(func.count()).select_from(CustomerSession)) == 0


def test_an_ended_link_leaves_in_no_mail(client: FlaskClient) -> None:
    ask(client, ANA)
    run_links()
    mail = session.scalars(select(Mail)).one()
    with writing():
        session.scalars(select(CustomerLink)).one().expires_at = clock.now()

    send(Job(1, "mail.send", mail.tenant_id, {"mail_id": mail.id}, 1))

    session.refresh(mail)
    assert mail.state == "dropped"


def test_neither_link_nor_cookie_can_be_read_from_the_database(client: FlaskClient) -> None:
    path = link_of(client, ANA)
    cookie = client.post(path).headers["Set-Cookie"]

    for row in (*session.scalars(select(CustomerLink)), *session.scalars(select(CustomerSession))):
        held = repr({column.name: getattr(row, column.name) for column in row.__table__.columns})
        assert path.rpartition("/")[2] not in held
        assert cookie.partition("=")[2].partition(";")[0] not in held


def test_the_cookie_stays_on_its_page_and_away_from_scripts(client: FlaskClient) -> None:
    cookie = client.post(link_of(client, ANA)).headers["Set-Cookie"]

    for part in ("HttpOnly", "SameSite=Lax", "Path=/account/harbour", "Max-Age=604800"):
        assert part in cookie


def test_the_cookie_goes_over_https_only_in_production(client: FlaskClient) -> None:
    path = link_of(client, ANA)
    settings.remember(replace(settings.current(), env="production"))

    cookie = client.post(path).headers["Set-Cookie"]

    assert cookie.startswith("__Secure-keydesk_customer=")
    assert "; Secure" in cookie


def test_a_link_of_another_vendor_opens_nothing(client: FlaskClient, stranger: Cast) -> None:
    path = link_of(client, ANA)

    assert client.get(path.replace("/harbour/", "/stranger/")).status_code == 404
    assert client.post(path.replace("/harbour/", "/stranger/")).status_code == 404


def test_a_foreign_page_cannot_sign_anybody_in(client: FlaskClient) -> None:
    path = link_of(client, ANA)

    assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(path).status_code == 303


def test_signing_out_ends_the_visit_on_the_server(client: FlaskClient) -> None:
    token = client.post(link_of(client, ANA)).headers["Set-Cookie"].partition(";")[0]
    page = client.get("/account/harbour").text
    form_token = page.partition('name="form_token" value="')[2][:64]

    client.post("/account/harbour/sign-out", data={"form_token": form_token})

    assert session.scalar(select(func.count()).select_from(CustomerSession)) == 0
    assert "Sign out" not in client.get("/account/harbour?lang=en", headers={"Cookie": token}).text


def test_a_visit_ends_after_seven_days(client: FlaskClient) -> None:
    client.post(link_of(client, ANA))
    with writing():
        visit = session.scalars(select(CustomerSession)).one()
        assert visit.expires_at - visit.created_at == timedelta(days=7)
        visit.expires_at = clock.now()

    assert "Sign out" not in client.get("/account/harbour?lang=en").text


def test_what_is_over_is_forgotten(client: FlaskClient, stranger: Cast) -> None:
    client.post(link_of(client, ANA))
    with writing():
        for row in (*session.scalars(select(CustomerLink)), *session.scalars(select(CustomerSession))):
            row.expires_at = clock.now() - timedelta(seconds=1)

    with tenant(stranger.vendor.id):
        forget(Job(1, "customers.forget", None, {}, 1))

    assert session.scalars(select(CustomerLink)).all() == []
    assert session.scalars(select(CustomerSession)).all() == []


def test_one_address_gets_three_mails_an_hour_and_still_the_same_answer(client: FlaskClient) -> None:
    settings.remember(replace(settings.current(), rate_limits=True))
    rate_limits.forget_all()

    answers = {ask(client, ANA).text for _press in range(5)}

    assert len(answers) == 1
    run_links()
    assert mails() == 3


def test_one_place_asks_ten_times_an_hour(client: FlaskClient) -> None:
    settings.remember(replace(settings.current(), rate_limits=True))
    rate_limits.forget_all()

    codes = [ask(client, f"ana{number}@buyer.example.com").status_code for number in range(11)]

    assert codes == [200] * 10 + [429]


@pytest.mark.parametrize(
    "path",
    [
        "/account/har%00bour",
        "/account/harbour/enter/%00",
        "/account/harbour?lang=%00",
        "/unsubscribe/%00",
        "/buy/harbour/%00",
        "/get/%00",
    ],
)
def test_what_no_database_can_look_for_is_refused(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 400
    assert client.post("/account/harbour/link", data={"email": "a\x00@example.com"}).status_code == 400
