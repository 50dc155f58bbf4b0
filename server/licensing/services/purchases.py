"""The purchase mail and the page behind its link: key, download, and a button that activates the site."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from server.accounts.services import vendor
from server.customers.site_address import site_key
from server.customers.visiting import account_address
from server.kernel import clock, settings
from server.kernel.db import session
from server.kernel.errors import NotFound
from server.kernel.ids import new_id
from server.kernel.secrets import new_link_token, seal, token_hash, unseal
from server.kernel.tenancy import system_scope
from server.licensing.models import Activation, License, PurchasePage
from server.licensing.services.issuing import kept_children_of, reveal_key
from server.licensing.services.judging import live_activations, missing_parent, refuse_ended
from server.licensing.services.payers import charge_of, payer_of
from server.licensing.services.refusals import AlreadyActive, PageExpired
from server.licensing.services.transfers import mint_code
from server.mail.models import Mail
from server.mail.services import queue_mail
from server.mail.wanted import NotYet, checked_when_sent, told_anew

BUTTON_LIFE = timedelta(days=7)


def send_purchase_mail(
    license: License,
    *more: License,
    site_url: str = "",
    admin_url: str = "",
    cause: str,
) -> PurchasePage:
    """Make each license its page and owe one mail for all. The same cause never sends a second mail.

    The first page is answered. It alone knows the site that the purchase began on: a site needs one license.
    """
    now = clock.now()
    page = _newest_page(license) or _make_page(license, site_url, admin_url, now)
    _queue([page, *(_newest_page(one) or _make_page(one, "", "", now) for one in more)], cause)
    return page


def resend_purchase_mail(license: License) -> PurchasePage:
    """The mail again, with a button that is good for seven more days."""
    page = _renew_page(license, clock.now())
    _queue([page], f"again:{page.id}")
    return page


def purchase_page_address(page: PurchasePage) -> str:
    """The absolute address of the page. It shows the key: hand it to the buyer only."""
    token = unseal(page.token_sealed, aad=page.token_aad)
    return f"{settings.current().public_url}/get/{token}"


def has_purchase_page(license: License) -> bool:
    """Whether a link in a mail leads to its key; a bundle's page shows what the bundle's holder kept too."""
    if _newest_page(license) is not None:
        return True
    bundle = session.get(License, license.parent_id) if license.parent_id else None
    return bundle is not None and bundle.customer_id == license.customer_id and has_purchase_page(bundle)


def open_purchase_page(token: str) -> PurchasePage:
    """The page of this token, whichever vendor it is of: the caller then sets the vendor."""
    with system_scope("the token of a purchase page names its vendor"):
        page = session.scalars(
            select(PurchasePage).where(PurchasePage.token_hash == token_hash(token))
        ).one_or_none()
    if page is None:
        raise NotFound
    return page


def activated_on(license: License) -> list[Activation]:
    """Where the purchase has been activated; a copy that takes no seat leaves the button to the real site."""
    return [activation for activation in live_activations(license) if activation.counted]


def mint_activation_code(
    page: PurchasePage, site_url: str, now: datetime, *, part: License | None = None
) -> tuple[str, str]:
    """A one-use code, and the address of the site's license screen with the code in its fragment.

    `part` is a license that a bundle brought: its plugin has a screen of its own, and the bundle has none.
    May be asked again until the first activation, because a log-in form in between loses the fragment.
    """
    license = part or page.license
    if in_use := activated_on(license):
        raise AlreadyActive(f"This license is already active on {in_use[0].name}.")
    if page.expires_at <= now:
        raise PageExpired(
            "The activation button of this page has expired. Copy the key, or ask for a new link."
        )
    refuse_ended(license, now)
    screen = license_screen(page, site_url, part=part)
    if site_key(site_url) != _key_of(page.site_url):  # the next press is one click again
        page.site_url, page.admin_url = site_url.strip(), ""
    code = mint_code(license, now, page=page)
    return code, f"{screen}#code={code}"


def license_screen(page: PurchasePage, site_url: str, *, part: License | None = None) -> str:
    """Where in wp-admin the code is brought. The known admin address holds for the site it came with only."""
    known = page.admin_url if page.admin_url and site_key(site_url) == _key_of(page.site_url) else ""
    base = _folder(known) if known else _folder(site_url) + "wp-admin/"
    return f"{base}admin.php?page={(part or page.license).product.slug}-keydesk&tab=license"


def dashboard_elsewhere(page: PurchasePage) -> str:
    """The admin address, where it lies on another host than the site: a buyer must see where a button leads.

    Both came with the link that began the purchase, and such a link can be made up by anybody.
    """
    if not page.admin_url or _host_of(page.admin_url) == _host_of(page.site_url):
        return ""
    return page.admin_url


def _host_of(url: str) -> str:
    return _key_of(url).partition("/")[0]


def _newest_page(license: License) -> PurchasePage | None:
    return session.scalars(
        select(PurchasePage)
        .where(PurchasePage.license_id == license.id)
        .order_by(PurchasePage.id.desc())
        .limit(1)
    ).one_or_none()


def _renew_page(license: License, now: datetime) -> PurchasePage:
    """Another page that knows the site of the one before; that one stays."""
    earlier = _newest_page(license)
    site_url, admin_url = (earlier.site_url, earlier.admin_url) if earlier else ("", "")
    return _make_page(license, site_url, admin_url, now)


def _make_page(license: License, site_url: str, admin_url: str, now: datetime) -> PurchasePage:
    token = new_link_token()
    page = PurchasePage(
        id=new_id("ppg"),
        token_hash=token_hash(token),
        license=license,
        site_url=site_url,
        admin_url=admin_url,
        created_at=now,
        expires_at=now + BUTTON_LIFE,
    )
    page.token_sealed = seal(token, aad=page.token_aad)
    session.add(page)
    session.flush()
    return page


def _queue(pages: list[PurchasePage], cause: str) -> None:
    license = pages[0].license
    units = [{"key": reveal_key(page.license), "page_url": purchase_page_address(page)} for page in pages]
    seller, needs = vendor(), missing_parent(license, clock.now())
    queue_mail(
        template="purchase",
        to=license.customer.email,
        context={
            "vendor_name": seller.name,
            "support_email": seller.support_email,
            "product_name": license.product.name,
            "plan_name": license.plan.name,
            "seats": license.seats,
            "valid_until": license.valid_until,
            "units": units,
            "inside": _inside(license),
            "needs": needs._asdict() if needs else None,
            "is_trial": license.is_trial and (license.renews or license.source is None),  # else nobody knows
            "charged": license.renews,
            "renewal": _renewal(license),
            "docs_url": license.product.docs_url,
            "account_url": account_address(),
            "mode": license.mode,
        },
        locale=license.customer.locale,
        dedupe_key=f"purchase:{license.id}:{cause}",
        reply_to=seller.support_email,
        from_name=seller.name,
        mode=license.mode,
        about={
            "license_ids": [page.license_id for page in pages],
            "holder": license.customer_id,
            "keys": [page.license.key_lookup.hex() for page in pages],
        },
    )


@checked_when_sent("purchase")
def _still_opens(about: dict[str, Any], now: datetime) -> bool:
    """Its reader holds all that it speaks of, by the keys and the buttons that it brings.

    A hand that stopped one of several alone does not speak for them.
    """
    licenses = _to_open(about)
    going = [license for license in licenses if not license.revoked_for]
    if going and all(license.suspended_for for license in going):
        raise NotYet("waits until the license is no longer suspended")
    keys = {license.key_lookup.hex() for license in licenses}
    return (
        keys.issuperset(about.get("keys", ()))
        and bool(going) == bool(licenses)
        and all(_working_page(license, now) for license in licenses)
    )


@told_anew("purchase")
def _tell_anew(dropped: Mail) -> None:
    """The key or the button is another one meanwhile, or one of several licenses went to somebody else."""
    now = clock.now()
    left = [license for license in _to_open(dropped.about) if not license.revoked_for]
    if left:
        pages = [_working_page(license, now) or _renew_page(license, now) for license in left]
        _queue(pages, f"instead:{dropped.id}")


def _to_open(about: dict[str, Any]) -> list[License]:
    """What the reader of a purchase mail still holds, in the order of the mail."""
    ids = about.get("license_ids", [])
    rows = session.scalars(select(License).where(License.id.in_(ids)))
    held = [license for license in rows if license.customer_id == about["holder"]]
    return sorted(held, key=lambda license: ids.index(license.id))


def _working_page(license: License, now: datetime) -> PurchasePage | None:
    """The newest one, while its button works."""
    page = _newest_page(license)
    return page if page is not None and now < page.expires_at else None


def _renewal(license: License) -> dict[str, Any] | None:
    """The next charge, for who pays it: a holder who got the license from its buyer cannot end it."""
    charge = charge_of(license) if license.renews and payer_of(license) is None else None
    if charge is None or charge.day is None or charge.day <= clock.now():
        return None
    amount = charge.amount
    return {
        "day": charge.day,
        "sum": {"amount": amount, "currency": charge.currency} if amount else None,
        "each": {"amount": amount // len(charge.licenses), "currency": charge.currency} if amount else None,
        "taxed": charge.taxed,
        "may_be_less": charge.may_be_less,
    }


def _inside(license: License) -> list[dict[str, Any]]:
    """The plugins of a bundle with their sites; none of an ordinary license."""
    brought = kept_children_of(license)
    sold_alone = any(not plan.bundled_plan_ids for plan in license.product.plans)
    own = [license] if brought and sold_alone else []
    return [{"name": one.product.name, "seats": one.seats} for one in (*own, *brought)]


def _key_of(site_url: str) -> str:
    return site_key(site_url) if site_url else ""


def _folder(url: str) -> str:
    """The address as `https://host[:port]/path/`; what is no site's address never goes into a redirect."""
    site_key(url)
    parts = urlsplit(url.strip() if "://" in url else f"https://{url.strip()}")
    return f"{parts.scheme.lower()}://{parts.netloc}{parts.path.removesuffix('/index.php').rstrip('/')}/"
