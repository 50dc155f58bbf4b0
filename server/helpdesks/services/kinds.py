"""The kinds of helpdesks that can be connected, and their forms as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import fields

from server.helpdesks import connectors
from server.helpdesks.contract import Connector
from server.kernel.errors import Invalid

KINDS: Mapping[str, type[Connector]] = connectors.discover()


class KindUnknown(Invalid):
    """A helpdesk that has no connector."""

    code = "helpdesk_kind_unknown"
    title = "There is no connector of this kind"


@dataclass(frozen=True)
class FormField:
    """One field of a connector's form. `widget` is text, url, number, switch, select or secret."""

    name: str
    label: str
    widget: str
    help: str
    placeholder: str
    required: bool
    secret: bool
    value: str = ""  # never a secret's
    secret_is_set: bool = False


@dataclass(frozen=True)
class Kind:
    """What the console shows of a connector before anything is set up. `companion` is a file to copy."""

    kind: str
    label: str
    setup_help: str
    form: tuple[FormField, ...]
    companion_name: str = ""
    companion: str = ""


def kinds() -> list[Kind]:
    """Every connector, for the list of what can be connected."""
    return [kind_of(kind) for kind in sorted(KINDS)]


def kind_of(kind: str) -> Kind:
    """One connector with its empty form. Raises `KindUnknown`."""
    found = connector_class(kind)
    name, text = "", ""
    if found.companion:
        path = Path(connectors.__path__[0]) / found.companion
        name, text = path.name, path.read_text(encoding="utf-8")
    return Kind(kind, found.label, found.setup_help, tuple(fields_of(found, {}, {})), name, text)


def connector_class(kind: str) -> type[Connector]:
    """Raises `KindUnknown`."""
    if kind not in KINDS:
        raise KindUnknown
    return KINDS[kind]


def fields_of(
    found: type[Connector], values: Mapping[str, Any], stored: Mapping[str, str]
) -> list[FormField]:
    """The form with what was entered; secrets show only that they are set."""
    return [_field_of(name, field, values, stored) for name, field in found.settings_schema().fields.items()]


def _field_of(
    name: str, field: fields.Field[Any], values: Mapping[str, Any], stored: Mapping[str, str]
) -> FormField:
    about = field.metadata
    return FormField(
        name=name,
        label=about["label"],
        widget=about["widget"],
        help=about.get("help", ""),
        placeholder=about.get("placeholder", ""),
        required=field.required,
        secret=bool(about.get("secret")),
        value=str(values.get(name, "")),
        secret_is_set=name in stored,
    )
