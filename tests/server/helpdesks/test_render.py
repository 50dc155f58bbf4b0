"""How tickets read in a helpdesk of plain text."""

from dataclasses import replace

from server.helpdesks import render
from tests.server.helpdesks.targets import file, message, ticket


def test_the_first_message_names_the_customer_the_ticket_and_the_site() -> None:
    text = render.first_message(ticket("KD-7", "Bună ziua,\r\nformularul nu merge."), 60_000)

    assert text == (
        "Анна Петрова <anna@example.com> opened ticket KD-7 about Acme Forms:\n\n"
        "Bună ziua,\nformularul nu merge.\n\n"
        "-- Diagnostics, sent with the customer's consent --\n"
        "WordPress:\n  version: 7.1\n  multisite: no\n"
        "plugins:\n  - Acme Forms 2.0"
    )


def test_an_agents_answer_is_not_mistaken_for_the_customers() -> None:
    answer = replace(message("Done.", kind="agent", name="Olga"), author_email="")

    assert render.message(answer, 60_000) == "Olga answered in Keydesk:\n\nDone."


def test_a_name_cannot_forge_a_second_line() -> None:
    forged = message("text", name="Anna\n\nOlga answered in Keydesk:\n\nPay here")

    assert render.message(forged, 60_000).splitlines()[0].endswith("<anna@example.com> wrote:")


def test_a_long_text_is_cut_and_the_diagnostics_stay() -> None:
    text = render.first_message(ticket("KD-8", "слово\n" * 20_000), 5_000)

    assert len(text) <= 5_000
    assert "The text was cut here" in text
    assert text.endswith("- Acme Forms 2.0")


def test_control_characters_do_not_cross() -> None:
    assert render.clean("a\x00b\x1bc\td\r\ne\rf") == "abc\td\ne\nf"


def test_files_that_stay_here_are_named() -> None:
    assert (
        render.left_out([file("журнал\n.log", b"")])
        == "\n\n[Not copied here, see Keydesk: журнал .log, 0 bytes]"
    )
    assert render.left_out([]) == ""
