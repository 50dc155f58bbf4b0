"""How every page for buyers is shown: in the reader's language, with the headers that keep it safe."""

import re
from functools import cache
from typing import Any

from flask import Blueprint, Response, request, url_for
from jinja2 import Environment, PackageLoader, StrictUndefined

from server.kernel import settings
from server.kernel.i18n import LANGUAGES, language_of, long_date, money, translator
from server.licensing.checks import stopped_view
from server.licensing.services.judging import facts_of

# A form here may end at Stripe's page, whose address each vendor may name itself.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self' https:"
)

blueprint = Blueprint("pages", __name__, static_folder="static", static_url_path="/pages/static")


def show(template: str, *, language: str, status: int = 200, **facts: Any) -> Response:
    """Fill `pages/<template>`; a name that the template uses and `facts` lacks is an error."""
    html = _environment(language).get_template(f"pages/{template}").render(url_for=url_for, **facts)
    response = Response(html, status=status, content_type="text/html; charset=utf-8")
    double = settings.current().stripe_api_base
    response.headers["Content-Security-Policy"] = f"{POLICY} {double}".rstrip()
    return response


def reader_language(fallback: str = "en") -> str:
    """`?lang=`, else what the browser asks for, else the vendor's own."""
    if chosen := request.args.get("lang"):
        return language_of(chosen)
    best = request.accept_languages.best_match(LANGUAGES)
    return best or language_of(fallback)


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("server.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(translator(language), newstyle=True)  # type: ignore[attr-defined]  # made by the extension
    environment.globals["language"] = language
    environment.filters["money"] = lambda amount, currency: money(amount, currency, language)
    environment.filters["long_date"] = lambda moment: long_date(moment, language)
    environment.filters["stopped_for"] = lambda license: (stopped_view(facts_of(license)) or {}).get("reason")
    environment.filters["paragraphs"] = lambda text: re.split(r"\n\s*\n", text.strip())
    return environment
