"""Which fields of a request do not fit: marshmallow's messages as pointers, codes and plain words."""

from typing import Any

from marshmallow import Schema, fields

from server.kernel.errors import Invalid
from server.kernel.json_fields import Flag

# By what marshmallow says; every other message is of a value that has the type and does not fit: "invalid".
TOLD: dict[Any, tuple[str, str]] = {
    fields.Field.default_error_messages["required"]: ("required", "This field is needed."),
    fields.Field.default_error_messages["null"]: ("null", "This field cannot be null."),
    "Unknown field.": ("unknown", "There is no such field here."),
    "Invalid input type.": ("type", "Send an object."),
    fields.Nested.default_error_messages["type"]: ("type", "Send an object."),
    fields.Dict.default_error_messages["invalid"]: ("type", "Send an object."),
    fields.List.default_error_messages["invalid"]: ("type", "Send a list."),
    fields.String.default_error_messages["invalid"]: ("type", "Send a text."),
    fields.Integer.default_error_messages["invalid"]: ("type", "Send a whole number."),
    Flag.default_error_messages["invalid"]: ("type", str(Flag.default_error_messages["invalid"])),
}


class FieldsWrong(Invalid):
    """One or more fields do not fit the schema."""

    code = "validation_failed"
    title = "Some fields need another look"


class FaultView(Schema):
    """One field that does not fit."""

    pointer = fields.String(required=True)
    code = fields.String(
        required=True,
        metadata={
            "description": "`required`, `null`, `unknown`, `type` or `invalid`; some calls name others"
        },
    )
    message = fields.String(required=True)


def faults(messages: dict[str, Any]) -> list[dict[str, str]]:
    """marshmallow's nested messages by JSON pointers, without the values that were sent."""
    found: list[dict[str, str]] = []

    def walk(part: Any, pointer: str) -> None:
        if isinstance(part, dict):
            for key, child in part.items():
                walk(child, pointer if key == "_schema" else f"{pointer}/{key}")
        else:
            for text in part if isinstance(part, list) else [part]:
                code, message = TOLD.get(str(text), ("invalid", str(text)))
                found.append({"pointer": pointer, "code": code, "message": message})

    for location in messages.values():
        walk(location, "")
    return found
