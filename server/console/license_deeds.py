"""The acts that fit a license as it is now: their words, their questions, and what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any, NoReturn

from server.catalog.models import Plan
from server.console.forms import Field, Form
from server.console.license_fields import next_end, sites_field, which, why
from server.console.reasons import reason_words
from server.console.words import gettext as _
from server.console.words import language_name
from server.customers.services import customer_for
from server.kernel.errors import Invalid
from server.kernel.i18n import LANGUAGES
from server.kernel.tenancy import resolve
from server.licensing import services as licensing
from server.licensing.models import License
from server.releases.plugins import refuse_seats_for_nobody, takes_sites

BY_HAND = "by_vendor"


@dataclass(frozen=True)
class Told:
    """Who does it, when, and why."""

    actor: str
    now: datetime
    note: str

    def words(self) -> dict[str, Any]:
        return {"actor": self.actor, "now": self.now, "note": self.note}


@dataclass(frozen=True)
class Deed:
    """One act: the link to it, what it means, what is asked, what it does, what is said then."""

    name: str
    label: str
    about: str
    send: str
    done: str
    run: Callable[[License, Form, Told], None]
    fields: Sequence[Field]
    values: Mapping[str, str] = field(default_factory=dict)
    harms: bool = False


def deeds_for(license: License, now: datetime) -> list[Deed]:
    """In the order in which they are needed."""
    return [*_changes(license, now), *_of_holder(license), *_stops(license)]


def _changes(license: License, now: datetime) -> list[Deed]:
    others = [(plan.id, plan.name) for plan in license.product.plans if _may_become(license, plan)]
    return [
        *([] if license.parent_id else [_extending(license, now)]),
        *([_seating(license)] if takes_sites(license) else []),
        *([_planning(license, others)] if others else []),
    ]


def _may_become(license: License, plan: Plan) -> bool:
    return plan.id != license.plan_id and not (license.parent_id and plan.bundled_plan_ids)


def _extending(license: License, now: datetime) -> Deed:
    return Deed(
        "extend",
        _("Extend"),
        _("Sets the last day. Nothing is charged; a subscription goes on as it is at the payment provider."),
        _("Set the end"),
        _("The license has a new end."),
        _extend,
        [
            Field("until", _("Last day"), "date", required=False),
            Field("for_ever", _("For ever"), "check", required=False),
            why(required=False),
        ],
        {"until": next_end(license, now)} if license.valid_until else {"for_ever": "yes"},
    )


def _seating(license: License) -> Deed:
    stay = _("Sites that use the license stay, also when the new number is smaller; only new ones must wait.")
    own = _("What came with this bundle keeps its own number.")
    return Deed(
        "sites",
        _("Change the number of sites"),
        f"{stay} {own}" if licensing.children_of(license) else stay,
        _("Set the number"),
        _("The number of sites is changed."),
        _set_sites,
        [sites_field(), why(required=False)],
        {"seats": "" if license.seats is None else str(license.seats)},
    )


def _planning(license: License, others: Sequence[tuple[str, str]]) -> Deed:
    return Deed(
        "plan",
        _("Change the plan"),
        _about_plan(license),
        _("Change the plan"),
        _("The license has a new plan."),
        _change_plan,
        [Field("plan", _("New plan"), "choice", choices=others), why(required=False)],
    )


def _about_plan(license: License) -> str:
    become = _("Features and number of sites become those of the new plan.")
    stays = _("The end stays; only a lifetime plan has none, and leaving one begins a term today.")
    end = _("The end stays that of its bundle.") if license.parent_id else stays
    charged = _("Its subscription goes on charging as before; on the page of its order both can change.")
    return _with_money(license, f"{become} {end} {_('Nothing is charged.')}", charged)


def _of_holder(license: License) -> list[Deed]:
    languages = [(code, language_name(code)) for code in LANGUAGES]
    stays = _("Sites go on running. The link in the former customer's purchase mail stops; nobody is mailed.")
    charged = _(
        "Its subscription goes on charging the former customer, who can end it on their own customer page."
    )
    transfer = Deed(
        "transfer",
        _("Give it to another customer"),
        _with_money(license, stays, charged),
        _("Give it away"),
        _("The license belongs to another customer now."),
        _transfer,
        [
            Field("email", _("New customer's e-mail"), "email", limit=254),
            Field("name", _("New customer's name"), required=False, limit=120),
            Field("locale", _("Language of mails"), "choice", choices=languages),
            Field(
                "new_key",
                _("Make a new key as well"),
                "check",
                required=False,
                help=_("The former customer may still know the present one."),
            ),
            why(),
        ],
    )
    key = Deed(
        "new-key",
        _("Make a new key"),
        _("The present key stops at once. Sites that use the license hold a token of their own and go on."),
        _("Make a new key"),
        _("The license has a new key. Send the purchase mail again to tell the customer."),
        _new_key,
        [why()],
    )
    return [transfer, key]


def _stops(license: License) -> list[Deed]:
    revoke = Deed(
        "revoke",
        _("Revoke…"),
        _with_money(
            license,
            _(
                "Every site of this license stops receiving updates and support at its next check."
                " The customer is not told and no money is returned."
            ),
            _("Its subscription goes on charging: end it at Stripe, or refund the order, which ends both."),
        ),
        _("Revoke this license"),
        _("The license is revoked. Its sites notice it at their next check."),
        lambda one, _form, told: licensing.revoke_license(one, BY_HAND, **told.words()),
        [why()],
        harms=True,
    )
    suspend = Deed(
        "suspend",
        _("Pause…"),
        _with_money(
            license,
            _("Its sites get no updates and no support until you let it go on. Nothing is deleted."),
            _("Its subscription goes on charging meanwhile."),
        ),
        _("Pause this license"),
        _("The license is paused."),
        lambda one, _form, told: licensing.suspend_license(one, BY_HAND, **told.words()),
        [why()],
        harms=True,
    )
    return [
        *_wakers(license),
        *([] if license.suspended_for else [suspend]),
        *([] if license.revoked_for else [revoke]),
    ]


def _with_money(license: License, about: str, charged: str) -> str:
    """An act here moves nothing at Stripe: what a subscription does meanwhile is said before the act."""
    return f"{about} {charged}" if license.renews else about


def _wakers(license: License) -> list[Deed]:
    restore = Deed(
        "restore",
        _("End the pause"),
        _("Why it is paused: %(reasons)s. It runs on when no reason is left.")
        % {"reasons": reason_words(license.suspended_for)},
        _("End the pause"),
        _("The reason is taken back. The license runs on when no other is left."),
        _restore,
        [*which(license.suspended_for), why()],
    )
    unrevoke = Deed(
        "unrevoke",
        _("Take the revocation back"),
        _("Why it is revoked: %(reasons)s. Money that was returned stays returned.")
        % {"reasons": reason_words(license.revoked_for)},
        _("Take the revocation back"),
        _("The reason is taken back. The license is good again when no other is left."),
        _unrevoke,
        [*which(license.revoked_for), why()],
    )
    return [*([restore] if license.suspended_for else []), *([unrevoke] if license.revoked_for else [])]


def _extend(license: License, form: Form, told: Told) -> None:
    """Of day and box the one decides that was changed: the other shows what was before."""
    day = form.day("until")
    for_ever = form["for_ever"] and not (day and license.valid_until is None)
    last = None if for_ever or day is None else datetime.combine(day, time(23, 59, 59), UTC)
    if last is None and not for_ever:
        _refuse_end(_("Please choose a day, or for ever."))
    if {one.valid_until for one in (license, *licensing.children_of(license))} == {last}:
        _refuse_end(_("The license ends then already.") if last else _("The license is for ever already."))
    licensing.extend_license(license, last, **told.words())


def _refuse_end(message: str) -> NoReturn:
    raise Invalid(message, errors=[{"pointer": "/until", "code": "invalid", "message": message}])


def _set_sites(license: License, form: Form, told: Told) -> None:
    refuse_seats_for_nobody(license)
    licensing.set_seats(license, form.whole("seats"), **told.words())


def _change_plan(license: License, form: Form, told: Told) -> None:
    licensing.change_plan(license, resolve(Plan, form["plan"]), **told.words())


def _transfer(license: License, form: Form, told: Told) -> None:
    customer = customer_for(form["email"], name=form["name"], locale=form["locale"], now=told.now)
    if customer.id == license.customer_id:
        message = _("The license belongs to this customer already.")
        raise Invalid(message, errors=[{"pointer": "/email", "code": "invalid", "message": message}])
    licensing.transfer_license(license, customer, **told.words())
    if form["new_key"]:
        for one in (license, *licensing.kept_children_of(license)):
            licensing.regenerate_key(one, **told.words())


def _new_key(license: License, _form: Form, told: Told) -> None:
    licensing.regenerate_key(license, **told.words())


def _restore(license: License, form: Form, told: Told) -> None:
    for reason in [form["reason"]] if form["reason"] else list(license.suspended_for):
        licensing.restore_license(license, reason, **told.words())


def _unrevoke(license: License, form: Form, told: Told) -> None:
    for reason in [form["reason"]] if form["reason"] else list(license.revoked_for):
        licensing.unrevoke_license(license, reason, **told.words())
