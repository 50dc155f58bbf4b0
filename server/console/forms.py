"""Forms as data: a list of fields draws the form, reads what came in and names what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby

from server.console.words import gettext as _
from server.kernel.currencies import WHOLE_HUNDREDS, decimals
from server.kernel.errors import Invalid, KeydeskError
from server.kernel.text import nfc

MOST = 10**9 - 1
NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,4})?")
EMAIL = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[^@\s<>\"',;.]+")


@dataclass(frozen=True)
class Group:
    """Questions that stand together under a heading; errors that are about all of them stand there too."""

    name: str
    label: str
    help: str = ""


@dataclass(frozen=True)
class Field:
    """One question of a form. `kind` is the type of an HTML input, or area, choice, check, file.

    `limit` is told to nobody's browser: it would cut a longer text without a word.
    """

    name: str
    label: str
    kind: str = "text"
    help: str = ""
    required: bool = True
    limit: int = 200
    autocomplete: str = ""
    choices: Sequence[tuple[str, str]] = ()
    accept: str = ""
    least: int = 0
    most: int = MOST
    step: str = "1"
    group: Group | None = None


@dataclass
class Form:
    """What is asked, what was answered, and what is wrong with the answers."""

    fields: Sequence[Field]
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    def __bool__(self) -> bool:
        """Whether the answers can be used."""
        return not self.errors

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def groups(self) -> list[tuple[Group | None, list[Field]]]:
        """The fields in their order, those of one group together."""
        return [(group, list(fields)) for group, fields in groupby(self.fields, lambda one: one.group)]

    def whole(self, name: str) -> int | None:
        """The answer as a whole number; nothing entered, or no number, is None."""
        return int(Decimal(self[name])) if self[name] and name not in self.errors else None

    def sum(self, name: str, currency: str) -> int:
        """The answer as a sum in the smallest unit of the currency; nothing entered, or no number, is 0.

        What is smaller than that unit is refused: nobody means a sum that was rounded for them.
        """
        if not self[name] or name in self.errors:
            return 0
        units = Decimal(self[name]).scaleb(decimals(currency))
        if units % 1:
            self.refuse(name, _("The number has too many decimals."))
            return 0
        return int(units)

    def day(self, name: str) -> date | None:
        """The answer as a day; nothing entered is None."""
        return date.fromisoformat(self[name]) if self[name] else None

    def refuse(self, name: str, sentence: str) -> None:
        """Add what was found wrong with one field."""
        self.errors[name] = sentence

    def refuse_wrong(self) -> None:
        """Ends what was only tried in order to tell everything that is wrong in one pass."""
        if self.errors:
            raise Invalid(errors=[])

    def take(self, error: KeydeskError, *, otherwise: str) -> None:
        """Show a refusal of the domain at the field it names, or at the one that it is most likely about.

        `otherwise` is empty where no answer is to blame: then it stands above the form.
        What was wrong with an answer before stays said: the domain was asked without that answer.
        """
        known = {asked.name for asked in self.fields}
        known |= {asked.group.name for asked in self.fields if asked.group}
        for one in error.fields.get("errors", []):
            if (name := str(one.get("pointer", "")).strip("/")) in known:
                self.errors.setdefault(name, str(one.get("message", error.detail)))
        if not self.errors:
            self.refuse(otherwise, error.detail)
            self.problem = "" if otherwise else error.detail


def step_of(currency: str) -> str:
    """The smallest sum that can be paid in a currency, for a field that asks for one."""
    places = 0 if currency in WHOLE_HUNDREDS else decimals(currency)
    return str(Decimal(1).scaleb(-places))


def read(fields: Sequence[Field], answers: Mapping[str, str]) -> Form:
    """The answers to these fields and nothing else that was sent along."""
    form = Form(fields)
    for asked in fields:
        if asked.kind == "file":
            continue
        answer = answers.get(asked.name, "")
        # A password is taken as typed: blanks may belong to it.
        form.values[asked.name] = answer if asked.kind == "password" else nfc(answer)
        if error := _wrong(asked, form.values[asked.name]):
            form.errors[asked.name] = error
    return form


def _wrong(asked: Field, answer: str) -> str:
    if not answer:
        return _("Please fill this in.") if asked.required else ""
    if len(answer) > asked.limit and asked.kind != "number":
        return _("At most %(count)d characters fit here.") % {"count": asked.limit}
    check = _CHECKS.get(asked.kind)
    return check(asked, answer) if check else ""


def _wrong_email(_asked: Field, answer: str) -> str:
    return (
        "" if EMAIL.fullmatch(answer) else _("This is not an e-mail address, for example name@example.com.")
    )


def _wrong_url(_asked: Field, answer: str) -> str:
    return (
        ""
        if re.match(r"https?://[^\s/]+", answer)
        else _("This is not an address that begins with https://.")
    )


def _wrong_number(asked: Field, answer: str) -> str:
    is_whole = asked.step == "1"
    if not NUMBER.fullmatch(answer) or (is_whole and "." in answer):
        return (
            _("Please enter a whole number, for example 5.")
            if is_whole
            else _("Please enter a number, for example 49 or 49.50.")
        )
    number = Decimal(answer)
    if number % Decimal(asked.step):
        return _("The number has too many decimals.")
    if not asked.least <= number <= asked.most:
        return _("From %(least)s to %(most)s.") % {"least": f"{asked.least:,}", "most": f"{asked.most:,}"}
    return ""


def _wrong_date(_asked: Field, answer: str) -> str:
    try:
        date.fromisoformat(answer)
    except ValueError:
        return _("This is not a day, for example 2027-01-31.")
    return ""


def _wrong_choice(asked: Field, answer: str) -> str:
    return "" if answer in {code for code, _label in asked.choices} else _("Please choose from the list.")


_CHECKS = {
    "email": _wrong_email,
    "url": _wrong_url,
    "number": _wrong_number,
    "date": _wrong_date,
    "choice": _wrong_choice,
}
