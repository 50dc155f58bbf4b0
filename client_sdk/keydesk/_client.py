"""A program that runs on a license: activate, validate, and get hold of its site."""

import secrets
from collections.abc import Sequence

from keydesk import _answers
from keydesk._calls import Act, Caller, checked_base, checked_key
from keydesk._license_keys import normalise_license_key
from keydesk._product_file import ProductFile
from keydesk._records import Activation, ActivationLink, LinkState, SiteIdentity, Validation
from keydesk._retries import Retries
from keydesk._signatures import SigningKey, refuse_without_nacl
from keydesk._signed_texts import MOST_KEYS
from keydesk._site import Site
from keydesk._transport import RequestsTransport, Transport
from keydesk.errors import BadInput


def new_site_uid() -> str:
    """A new identity for an installation: 32 hex digits. Make it once and keep it with the installation."""
    return secrets.token_hex(16)


class Keydesk:
    """One product on one Keydesk server.

    `base_url`: the server, https only (loopback excepted, or `allow_http=True` in a closed network).
    `product_key`: the publishable `kdp_…` key of the product. `trusted_keys`: the vendor's public keys;
    when given, answers about licenses must be signed by one of them, else `UntrustedAnswer` is raised
    (needs `keydesk[verify]`). `retries`: see `Retries`. `transport`: see `Transport`. Safe to share between
    threads as far as the transport is; the default transport wants one object a thread.

        desk = Keydesk("https://licenses.example.com", product_key="kdp_…")
        me = SiteIdentity(uid=new_site_uid(), url="https://shop-1.example.com")
        activation = desk.activate("KD1-…", me)
        site = desk.site(me, activation.activation_id, activation.site_token)
    """

    def __init__(
        self,
        base_url: str,
        *,
        product_key: str,
        trusted_keys: Sequence[SigningKey] = (),
        retries: Retries | None = None,
        transport: Transport | None = None,
        allow_http: bool = False,
    ) -> None:
        if not product_key.startswith("kdp_"):
            raise BadInput("a product key begins with kdp_", field="product_key")
        if len(trusted_keys) > MOST_KEYS:
            raise BadInput("at most 4 keys are trusted at a time", field="trusted_keys")
        if trusted_keys:
            refuse_without_nacl()
        self._product_key = product_key
        self._caller = Caller(
            checked_base(base_url, allow_http=allow_http),
            transport or RequestsTransport(),
            retries or Retries(),
            tuple(trusted_keys),
        )

    @classmethod
    def of(
        cls, product: ProductFile, *, retries: Retries | None = None, allow_http: bool = False
    ) -> "Keydesk":
        """The product of a product file. Answers must be signed by its keys (needs `keydesk[verify]`)."""
        return cls(
            product.server,
            product_key=product.product_key,
            trusted_keys=product.lease_keys,
            retries=retries,
            allow_http=allow_http,
        )

    def activate(
        self,
        license_key: str | None,
        site: SiteIdentity,
        *,
        transfer_code: str | None = None,
        label: str | None = None,
        admin_url: str | None = None,
        copy_of: str | None = None,
        idempotency_key: str | None = None,
    ) -> Activation:
        """Give the site a seat, by key or by a one-use `kdx_…` code (exactly one of the two).

        A site that already sits keeps its seat and gets a new token. `label` (80 characters) is shown to
        the owner of the license. `copy_of`: the activation whose site this one was copied from. Give an own
        `idempotency_key` when the act may be repeated after a crash; keep it with the act.

        Raises `KeyMalformed` before anything is sent; `LicenseNotFound`, `SeatLimitReached`,
        `LicenseExpired`, `LicenseSuspended`, `LicenseRevoked`, `Invalid` (`product_mismatch`,
        `mode_mismatch`, `site_url_invalid`).
        """
        if (license_key is None) == (transfer_code is None):
            raise BadInput("give a license key or a transfer code, one of the two", field="license_key")
        wanted = {
            "license_key": None if license_key is None else normalise_license_key(license_key),
            "transfer_code": transfer_code, "site_uid": site.uid, "site_url": site.url,
            "environment": site.environment, "plugin_version": site.version, "locale": site.locale,
            "label": label, "admin_url": admin_url, "copy_of": copy_of, "network": site.network or None,
            "blog_count": site.blog_count,
        }  # fmt: skip
        key = checked_key(idempotency_key)
        act = Act("POST", "/v1/activations", self._product_key, json=wanted, key=key, signed=True)
        answer = self._caller.call(act)
        return _answers.activation(answer.fields, created=answer.status == 201)

    def ask_owner(
        self, email: str, site: SiteIdentity, *, idempotency_key: str | None = None
    ) -> ActivationLink:
        """Ask for a seat without a key: whoever reads this mailbox says yes on a page.

        The answer is the same whether or not the address owns a license. Ask for the outcome with
        `owner_said`. Raises `TooManyRequests` after three mails an hour to one address.
        """
        wanted = {"email": email, "site_uid": site.uid, "site_url": site.url}
        answer = self._caller.call(
            Act(
                "POST",
                "/v1/activation-links",
                self._product_key,
                json=wanted,
                key=checked_key(idempotency_key),
            )
        )
        return _answers.activation_link(answer.fields)

    def owner_said(self, link: ActivationLink) -> LinkState:
        """What became of it. A `ready` one holds the code once: activate with it at once, or keep it."""
        answer = self._caller.call(
            Act(
                "GET",
                f"/v1/activation-links/{link.activation_link_id}",
                self._product_key,
                headers={"Keydesk-Link-Secret": link.poll_secret},
            )
        )
        return _answers.link_state(answer.fields)

    @property
    def trusted_keys(self) -> tuple[SigningKey, ...]:
        """The keys whose signatures are believed now.

        They follow the server: a checked answer may name new ones. Keep them, and give them to the next
        `Keydesk`, so that a program that runs rarely misses no change.
        """
        return self._caller.keys()

    def validate(
        self,
        license_key: str,
        *,
        site: SiteIdentity | None = None,
        features: Sequence[str] = (),
        version: str | None = None,
    ) -> Validation:
        """Ask whether a key may run, without taking a seat. Writes nothing on the server.

        With `site` also whether that site is active. `features`: codes the plan must have. An unknown or
        mistyped key is an answer here (`NOT_FOUND`, `KEY_MALFORMED`), not an error.
        """
        wanted = {
            "license_key": license_key, "site_url": site.url if site else None,
            "site_uid": site.uid if site else None, "plugin_version": version,
            "features": list(features) or None,
        }  # fmt: skip
        answer = self._caller.call(
            Act(
                "POST",
                "/v1/license-validations",
                self._product_key,
                json=wanted,
                repeatable=True,
                signed=True,
            )
        )
        return _answers.validation(answer.fields)

    def site(self, identity: SiteIdentity, activation_id: str, site_token: str) -> Site:
        """The site of a stored activation. Sends nothing."""
        return Site(self._caller, identity, activation_id, site_token)
