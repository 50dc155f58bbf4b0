"""What is asked about a plan and a price, and how the answers become facts."""

from __future__ import annotations

from server.catalog.models import INTERVALS, Plan
from server.catalog.services import PlanFacts
from server.catalog.services.plans import LONGEST_TRIAL, MOST_SEATS
from server.console.forms import Field, Form, Group
from server.console.words import gettext as _
from server.licensing.services.issuing import bundled_plans

BUNDLED = "bundled_"  # and a plan's id: one box each


def held_by(plan: Plan) -> str:
    """What a bundle brings with it; nothing for an ordinary plan."""
    return ", ".join(f"{part.product.name} / {part.name}" for part in bundled_plans(plan))


def plan_fields(others: list[tuple[str, str]]) -> list[Field]:
    """A new plan with its first price."""
    name, *terms = _terms()
    code = Field(
        "code",
        _("Short name"),
        limit=64,
        help=_("Small letters, digits and hyphens; it stands in orders and leases."),
    )
    return [name, code, *terms, *price_fields(), *_more(others)]


def plan_change_fields(others: list[tuple[str, str]]) -> list[Field]:
    """All that can be changed of a plan; `others` are plans that a bundle may hold."""
    return [*_terms(), *_more(others)]


def price_fields() -> list[Field]:
    """What a plan costs from now on."""
    return [
        Field("amount", _("Price"), "number", step="0.01"),
        Field("currency", _("Currency"), limit=3, help=_("Three letters, for example EUR.")),
    ]


def plan_facts(form: Form) -> PlanFacts:
    """The answers as the catalog takes them."""
    boxes = [name for name in form.values if name.startswith(BUNDLED) and form[name]]
    return {
        "name": form["name"],
        "seats": form.whole("seats"),
        "interval": form["interval"],
        "renews": bool(form["renews"]),
        "features": form["features"].split(),
        "trial_days": form.whole("trial_days") or 0,
        "trial_needs_card": bool(form["trial_needs_card"]),
        "max_version": form["max_version"],
        "edd_price_id": form.whole("edd_price_id"),
        "on_sale": bool(form["on_sale"]),
        "bundled_plan_ids": [name.removeprefix(BUNDLED) for name in boxes],
    }


def plan_values(plan: Plan) -> dict[str, str]:
    """What stands in the form at first."""
    return {
        "name": plan.name,
        "seats": "" if plan.seats is None else str(plan.seats),
        "interval": plan.interval,
        "features": " ".join(plan.features),
        "trial_days": str(plan.trial_days),
        "max_version": plan.max_version,
        "edd_price_id": "" if plan.edd_price_id is None else str(plan.edd_price_id),
        **{name: "yes" for name in ("renews", "trial_needs_card", "on_sale") if getattr(plan, name)},
        **{BUNDLED + plan_id: "yes" for plan_id in plan.bundled_plan_ids},
    }


def _terms() -> list[Field]:
    words = {"lifetime": _("Once, for ever"), "year": _("A year"), "month": _("A month")}
    return [
        Field("name", _("Name"), limit=80),
        Field(
            "seats",
            _("Number of sites"),
            "number",
            required=False,
            least=1,
            most=MOST_SEATS,
            help=_("Empty means as many as they like."),
        ),
        Field("interval", _("Time"), "choice", choices=[(code, words[code]) for code in INTERVALS]),
        Field(
            "renews",
            _("Renews by itself"),
            "check",
            required=False,
            help=_("A subscription: paid again each year or month until the buyer ends it. Not for ever."),
        ),
    ]


def _more(others: list[tuple[str, str]]) -> list[Field]:
    group = Group(
        "bundled_plan_ids",
        _("Bundle"),
        _("A box makes this plan a bundle: its buyers get a license of that plan too."),
    )
    bundle = [
        Field(BUNDLED + plan_id, label, "check", required=False, group=group) for plan_id, label in others
    ]
    return [_features(), *_trial(), *_limits(), *bundle]


def _features() -> Field:
    return Field(
        "features",
        _("Features"),
        required=False,
        limit=600,
        help=_("Codes that the plugin asks for, divided by blanks; at most 48."),
    )


def _trial() -> list[Field]:
    return [
        Field("trial_days", _("Days to try it"), "number", most=LONGEST_TRIAL, help=_("0 means no trial.")),
        Field(
            "trial_needs_card",
            _("The trial asks for a card"),
            "check",
            required=False,
            help=_(
                "With a card the same buyer can try it again and again; without one, once for each address."
            ),
        ),
    ]


def _limits() -> list[Field]:
    return [
        Field(
            "max_version",
            _("Covers up to version"),
            required=False,
            limit=30,
            help=_(
                "2 covers 2.9.1 and not 3.0; empty covers every version. Holds for licenses sold from now on."
            ),
        ),
        Field(
            "edd_price_id",
            _("EDD price id"),
            "number",
            required=False,
            most=2**31 - 1,
            help=_("Only for plugins that came from Easy Digital Downloads."),
        ),
        Field(
            "on_sale",
            _("On the shelf"),
            "check",
            required=False,
            help=_("Buyers see it while it has a price."),
        ),
    ]
