"""What every connector does, each against its real target."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from server.helpdesks.connectors import discover
from server.helpdesks.contract import Capability, Connector, Op, RemoteRef
from server.helpdesks.errors import Gone, Retry, UnknownOutcome
from server.kernel import settings
from tests.server.helpdesks.targets import Target, file, message, roundup_target, ticket, webhook_target

RUSSIAN = "Здравствуйте!\n\n  «Форма» не отправляется — ошибка 500. 😀"


@pytest.fixture(params=sorted(discover()))
def target(request: pytest.FixtureRequest, loopback_allowed: settings.Settings) -> Iterator[Target]:
    """A connector that has no real target here fails the test: it must bring one."""
    kind: str = request.param
    if kind == "roundup":
        with roundup_target(request.getfixturevalue("roundup")) as made:
            yield made
    elif kind == "signed_webhook":
        with webhook_target(request.getfixturevalue("receiver")) as made:
            yield made
    else:
        pytest.fail(f"{kind} has no real target in this test")


@pytest.fixture
def connector(target: Target) -> Connector:
    return target.connector()


@pytest.fixture
def number() -> str:
    return f"T-{uuid4().hex[:10]}"


def opened(connector: Connector, number: str, text: str = RUSSIAN) -> RemoteRef:
    made = ticket(number, text)
    prepared = connector.prepare(Op.CREATE, made, {})
    return connector.create(made, marker=f"kd-{number}", prepared=prepared).ref


def test_a_ticket_stands_there_with_its_words_and_diagnostics(
    target: Target, connector: Connector, number: str
) -> None:
    opened(connector, number)

    (seen,) = target.seen(number)
    assert "Не работает форма" in seen.title
    assert RUSSIAN in seen.texts[0]


def test_a_message_is_added_to_its_own_ticket(target: Target, connector: Connector, number: str) -> None:
    ref = opened(connector, number)

    later = message("Ещё вопрос: как отменить?")
    prepared = connector.prepare(Op.MESSAGE, later, {})
    message_id = connector.add_message(ref, later, marker=f"kd-m-{number}", prepared=prepared)

    (seen,) = target.seen(number)
    assert message_id
    assert [("Ещё вопрос: как отменить?" in text) for text in seen.texts] == [False, True]


def test_a_repeated_message_stands_there_once(target: Target, connector: Connector, number: str) -> None:
    ref = opened(connector, number)
    later = message("only once")
    prepared = connector.prepare(Op.MESSAGE, later, {})

    first = connector.add_message(ref, later, marker=f"kd-m-{number}", prepared=prepared)
    again = connector.add_message(ref, later, marker=f"kd-m-{number}", prepared=prepared)

    assert first == again
    assert len(target.seen(number)[0].texts) == 2


def test_a_create_whose_answer_is_lost_makes_one_ticket(
    target: Target, connector: Connector, number: str
) -> None:
    made = ticket(number, RUSSIAN)
    prepared = connector.prepare(Op.CREATE, made, {})
    target.line.lost = 1

    with pytest.raises(UnknownOutcome if target.kind == "roundup" else Retry):
        connector.create(made, marker=f"kd-{number}", prepared=prepared)
    found = connector.find_created(made, prepared)
    created = connector.create(made, marker=f"kd-{number}", prepared=prepared)

    assert found is None or found == created
    assert len(target.seen(number)) == 1


def test_a_message_whose_answer_is_lost_is_there_once(
    target: Target, connector: Connector, number: str
) -> None:
    ref = opened(connector, number)
    later = message("lost answer")
    prepared = connector.prepare(Op.MESSAGE, later, {})
    target.line.lost = 1

    with pytest.raises((UnknownOutcome, Retry)):
        connector.add_message(ref, later, marker=f"kd-m-{number}", prepared=prepared)
    connector.add_message(ref, later, marker=f"kd-m-{number}", prepared=prepared)

    assert len(target.seen(number)[0].texts) == 2


def test_every_status_of_ours_can_be_set_and_is_read_back_as_ours(
    target: Target, connector: Connector, number: str
) -> None:
    ref = opened(connector, number)
    for turn, (ours, theirs) in enumerate(connector.status_out.items()):
        connector.set_status(ref, theirs, marker=f"kd-s{turn}-{number}")

        assert target.seen(number)[0].status == theirs
        assert connector.status_in[theirs] in {ours, "solved"}


def test_files_cross_unchanged_or_are_named(target: Target, connector: Connector, number: str) -> None:
    sent = (file('журнал "ошибок".log', bytes(range(256))), file("screen.png", b"\x89PNG\r\n"))
    made = ticket(number, "with files", sent)
    prepared = connector.prepare(Op.CREATE, made, {})

    connector.create(made, marker=f"kd-{number}", prepared=prepared)

    (seen,) = target.seen(number)
    assert [name for name, _ in seen.files] == [one.name for one in sent]
    if Capability.FILES in connector.capabilities:
        assert [content for _, content in seen.files] == [one.read() for one in sent]


def test_a_file_that_cannot_cross_is_named(target: Target, connector: Connector, number: str) -> None:
    made = ticket(number, "with an empty file", (file("nothing.txt", b""),))
    prepared = connector.prepare(Op.CREATE, made, {})

    connector.create(made, marker=f"kd-{number}", prepared=prepared)

    (seen,) = target.seen(number)
    assert "nothing.txt" in seen.texts[0] or seen.files[0][0] == "nothing.txt"


def test_a_check_of_a_working_target_is_fine(connector: Connector) -> None:
    health = connector.check()

    assert health.ok, health.items


def test_a_check_with_a_wrong_secret_says_so(target: Target) -> None:
    health = target.connector(**target.wrong_secret).check()

    assert not health.ok
    assert all("not the" not in item.text for item in health.items)


def test_a_target_that_is_away_means_try_again(target: Target, number: str) -> None:
    away = target.connector(url="http://127.0.0.1:9/")

    with pytest.raises(Retry):
        opened(away, number)
    assert not away.check().ok


def test_an_address_inside_the_network_is_refused_unless_the_operator_opens_it(
    target: Target, app_settings: settings.Settings, number: str
) -> None:
    settings.remember(app_settings)

    with pytest.raises(Retry) as refused:
        opened(target.connector(), number)
    assert refused.value.code == "helpdesk_address_refused"


def test_unreadable_events_are_unknown_and_raise_nothing(connector: Connector) -> None:
    for body in (
        {},
        {"type": 7},
        {"type": "changed", "issue": []},
        {"type": "message.created", "remote_id": "x"},
    ):
        assert connector.parse_event(body).kind == "unknown"
    assert connector.parse_event({"type": "ping"}).kind == "ping"


def test_what_can_be_fetched_is_fetched(connector: Connector, number: str) -> None:
    if Capability.FETCH not in connector.capabilities:
        with pytest.raises(NotImplementedError):
            connector.fetch(RemoteRef("1"))
        return
    ref = opened(connector, number)

    snapshot = connector.fetch(ref)
    assert [RUSSIAN in one.text for one in snapshot.messages] == [True]
    assert connector.fetch(ref, known=frozenset({snapshot.messages[0].id})).messages == ()
    assert ref.id in connector.list_changed(None).remote_ids
    with pytest.raises(Gone):
        connector.fetch(RemoteRef("999999"))


def test_settings_and_their_form_are_data(connector: Connector) -> None:
    for name, shown in connector.settings_schema().fields.items():
        assert shown.metadata["label"], name
        assert shown.metadata["widget"] in {"text", "url", "number", "switch", "select", "secret"}
        assert bool(shown.metadata.get("secret")) == (shown.metadata["widget"] == "secret")
