"""Fields that several connectors ask for; the console draws its forms from their metadata."""

from collections.abc import Callable

from marshmallow import fields, validate

from server.helpdesks import standard_webhook


def address(*, label: str, help: str, placeholder: str) -> fields.Url:
    """Where the helpdesk is. Which addresses may be reached is judged when they are."""
    about = {"label": label, "help": help, "placeholder": placeholder, "widget": "url"}
    return fields.Url(
        required=True,
        schemes={"http", "https"},
        require_tld=False,
        validate=validate.Length(max=300),
        metadata=about,
    )


def line(*, label: str, help: str) -> fields.String:
    about = {"label": label, "help": help, "widget": "text"}
    return fields.String(required=True, validate=validate.Length(1, 100), metadata=about)


def password(*, label: str) -> fields.String:
    about = {"label": label, "widget": "secret", "secret": True}
    return fields.String(required=True, validate=validate.Length(1, 200), metadata=about)


def webhook_secret(*, label: str, help: str, made: Callable[[], str]) -> fields.String:
    """A `whsec_` that is made when none is given."""
    about = {"label": label, "help": help, "placeholder": "whsec_…", "widget": "secret", "secret": True}
    return fields.String(load_default=made, validate=standard_webhook.is_secret, metadata=about)
