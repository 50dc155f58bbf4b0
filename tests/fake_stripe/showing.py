"""How objects leave the double: private keys dropped, `expand[]` filled in, lists in pages."""

from __future__ import annotations

from typing import Any

from tests.fake_stripe.errors import StripeFailure, invalid
from tests.fake_stripe.form import whole_number
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.shop import without_private
from tests.fake_stripe.store import Store

_REFERENCES = {
    "payment_intent", "latest_charge", "customer", "charge", "product", "subscription", "invoice",
    "latest_invoice", "default_payment_method", "invoice_settings",
}  # fmt: skip
_FILTERS = {
    "payment_intent", "customer", "charge", "product", "type", "status", "email", "subscription", "payment",
    "code",
}  # fmt: skip


def shown(store: Store, account: str, thing: Thing, expand: Any) -> Thing:
    view = without_private(thing)
    for path in expand if isinstance(expand, list) else [expand]:
        _expand(store, account, view, thing, str(path).split("."))
    return view


def _expand(store: Store, account: str, view: Thing, thing: Thing, path: list[str]) -> None:
    name, rest = path[0], path[1:]
    if (inner := _included_list(store, account, thing, name)) is not None:
        view[name] = inner
    elif name not in _REFERENCES or name not in view:
        raise StripeFailure(400, f"This property cannot be expanded ({name}).", param="expand")
    elif isinstance(view[name], str):
        found = store.load(view[name], account=account)
        view[name] = without_private(found) if found else None
    if rest and isinstance(view[name], dict):
        _expand(store, account, view[name], view[name], rest)


def _included_list(store: Store, account: str, thing: Thing, name: str) -> Thing | None:
    """Lists that Stripe leaves out unless they are asked for."""
    if (thing.get("object"), name) == ("checkout.session", "line_items"):
        return as_list(thing["_items"], f"/v1/checkout/sessions/{thing['id']}/line_items")
    if (thing.get("object"), name) == ("charge", "refunds"):
        refunds = [made for made in store.newest_first(account, "refund") if made["charge"] == thing["id"]]
        return as_list(refunds, f"/v1/charges/{thing['id']}/refunds")
    if (thing.get("object"), name) == ("invoice", "payments"):
        paid = [
            one for one in store.newest_first(account, "invoice_payment") if one["invoice"] == thing["id"]
        ]
        return as_list(paid, f"/v1/invoices/{thing['id']}/payments")
    return None


def as_list(data: list[Thing], url: str, *, has_more: bool = False) -> Thing:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def listed(store: Store, account: str, url: str, things: list[Thing], query: Thing) -> Thing:
    """A page, newest first: `limit`, `starting_after`, `created[gte]`, `created[lt]`, equal-to filters."""
    query, expand = dict(query), query.get("expand", [])
    limit = whole_number(query.pop("limit", "10"), "limit", least=1)
    after, since = query.pop("starting_after", None), query.pop("created", {})
    query.pop("expand", None)
    if unknown := set(query) - _FILTERS:
        raise invalid(min(unknown), f"Received unknown parameter: {min(unknown)}")
    kept = [thing for thing in things if all(_fits(thing, *one) for one in query.items())]
    if isinstance(since, dict) and "gte" in since:
        earliest = whole_number(since["gte"], "created[gte]")
        kept = [thing for thing in kept if thing["created"] >= earliest]
    if isinstance(since, dict) and "lt" in since:
        end = whole_number(since["lt"], "created[lt]")
        kept = [thing for thing in kept if thing["created"] < end]
    if after is not None:
        ids = [thing["id"] for thing in kept]
        if after not in ids:
            raise invalid("starting_after", f"No such object: '{after}'")
        kept = kept[ids.index(after) + 1 :]
    inner = [str(path).removeprefix("data.") for path in expand]
    page = [shown(store, account, thing, inner) for thing in kept[: min(limit, 100)]]
    return as_list(page, url, has_more=len(kept) > min(limit, 100))


def _fits(thing: Thing, name: str, wanted: Any) -> bool:
    """A field that is equal; a mapping whose named fields are; a field of the double's own (`_…`)."""
    value = thing[f"_{name}"] if f"_{name}" in thing else thing.get(name)
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(value.get(key) == one for key, one in wanted.items())
    return bool(value == wanted)
