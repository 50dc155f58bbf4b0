"""Whatever happens to a license in whatever order: its seats add up, and nobody sits without one.

Hypothesis plays the site owner, the buyer and the vendor against one license; after every act the rules that
always hold are read from the database. KEYDESK_TEST_FULL plays ten times as long.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from server.customers.models import Customer
from server.kernel.db import session, writing
from server.kernel.errors import KeydeskError
from server.kernel.signing import b64u_decode
from server.kernel.tenancy import resolve
from server.licensing.models import Activation, Revocation, Seat, SiteToken
from server.licensing.services import (
    Activated,
    Site,
    activate_by_code,
    activate_site,
    deactivate_site,
    extend_license,
    issue_license,
    lease_for,
    offer_transfer,
    release_site,
    renew_license,
    resolve_site,
    restore_license,
    revoke_license,
    set_seats,
    suspend_license,
    unrevoke_license,
)
from server.licensing.services.refusals import LicenseExpired, NoSeatsLeft
from tests.conftest import NOON, Cast

FULL = bool(os.environ.get("KEYDESK_TEST_FULL"))
EXAMPLES = {"sqlite": 40, "postgresql": 12}
STEPS = 25
LIVE_ON_ONE_SEAT = 3
URLS = ("https://one.example.com", "https://two.example.com", "https://three.example.com")
TEST_URL = "https://staging.one.example.com"
UIDS = tuple(letter * 32 for letter in "abc")
urls, uids = st.sampled_from([*URLS, TEST_URL]), st.sampled_from(UIDS)
picks = st.integers(min_value=0, max_value=30)


class Seats(RuleBasedStateMachine):
    """One license of two sites for a year."""

    harbour: Cast
    customer_id: str

    @initialize()
    def begin(self) -> None:
        self.now, self.codes, self.ended_at = NOON, list[str](), dict[str, Any]()
        with writing():
            self.license, _key = issue_license(
                product=self.license_product(), plan=self.license_plan(), now=NOON,
                customer=resolve(Customer, self.customer_id),
            )  # fmt: skip
            set_seats(self.license, 2, actor="vendor", now=NOON)
        self.most_used, self.seq = 0, 0

    def license_product(self) -> Any:
        return session.merge(self.harbour.product, load=True)

    def license_plan(self) -> Any:
        return session.merge(self.harbour.plan, load=True)

    def act(self, deed: Callable[[], object]) -> KeydeskError | None:
        """Do it in one transaction; a refusal must leave nothing behind, which the invariants see."""
        try:
            with writing():
                deed()
        except KeydeskError as refusal:
            return refusal
        return None

    def live(self) -> list[Activation]:
        rows = select(Activation).where(
            Activation.license_id == self.license.id, Activation.ended_at.is_(None)
        )
        return list(session.scalars(rows.order_by(Activation.id)))

    def one(self, pick: int) -> Activation:
        live = self.live()
        return live[pick % len(live)]

    @rule(url=urls, uid=uids, environment=st.sampled_from(["production", "production", "staging"]))
    def activate(self, url: str, uid: str, environment: Any) -> None:
        before = self.license.seats_used
        refusal = self.act(lambda: self.sit(Site(uid, url, environment)))
        free = self.license.seats is None or before < self.license.seats
        if self.license.status(self.now) == "active":
            assert not isinstance(refusal, NoSeatsLeft) or not free
            assert refusal is None or isinstance(refusal, NoSeatsLeft)
        elif self.license.status(self.now) == "expired" and refusal is not None:
            assert isinstance(refusal, LicenseExpired | NoSeatsLeft)

    def sit(self, site: Site) -> Activated:
        return activate_site(self.license, site, product=self.license.product, mode="live", now=self.now)

    @precondition(lambda self: self.live())
    @rule(pick=picks, by_owner=st.booleans())
    def leave(self, pick: int, by_owner: bool) -> None:
        leaving = self.one(pick)
        if by_owner:
            assert self.act(lambda: release_site(leaving, actor="customer", now=self.now)) is None
        else:
            assert self.act(lambda: deactivate_site(leaving, now=self.now)) is None

    @precondition(lambda self: self.live())
    @rule(
        pick=picks, url=urls, uid=uids, confirm=st.booleans(),
        resolution=st.sampled_from(["moved", "copy", "separate"]),
    )  # fmt: skip
    def resolve(self, pick: int, url: str, uid: str, resolution: Any, confirm: bool) -> None:
        site, used, count = self.one(pick), self.license.seats_used, len(self.live())
        took_a_seat = site.counted  # a staging site that moves to a public address takes its first
        new_uid = site.site_uid if resolution == "moved" else uid
        refusal = self.act(
            lambda: resolve_site(
                site, Site(new_uid, url), resolution=resolution, confirm=confirm, now=self.now
            )
        )
        if refusal is not None:
            assert (self.license.seats_used, len(self.live())) == (used, count)
        elif resolution != "separate" and took_a_seat:
            assert self.license.seats_used <= used

    @precondition(lambda self: self.live())
    @rule(pick=picks)
    def offer(self, pick: int) -> None:
        site = self.one(pick)
        self.act(lambda: self.codes.append(offer_transfer(site, self.now)))

    @precondition(lambda self: self.codes)
    @rule(pick=picks, url=urls, uid=uids)
    def take_over(self, pick: int, url: str, uid: str) -> None:
        code = self.codes[pick % len(self.codes)]
        self.act(
            lambda: activate_by_code(
                code, Site(uid, url), product=self.license.product, mode="live", now=self.now
            )
        )

    @rule(days=st.sampled_from([0, 3, 15, 100]))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days, minutes=11)

    @rule(deed=st.sampled_from(["renew", "revoke", "suspend", "end"]))
    def vendor(self, deed: str) -> None:
        license, now = self.license, self.now
        deeds: dict[str, Callable[[], None]] = {
            "renew": lambda: renew_license(license, now + timedelta(days=365), actor="stripe", now=now),
            "end": lambda: extend_license(license, now, actor="vendor", now=now),
            "revoke": lambda: (unrevoke_license if license.revoked_for else revoke_license)(
                license, "refunded", actor="stripe", now=now
            ),
            "suspend": lambda: (restore_license if license.suspended_for else suspend_license)(
                license, "disputed", actor="stripe", now=now
            ),
        }
        self.act(deeds[deed])

    @rule(seats=st.sampled_from([1, 2, 3, None]))
    def change_seats(self, seats: int | None) -> None:
        assert self.act(lambda: set_seats(self.license, seats, actor="vendor", now=self.now)) is None

    @invariant()
    def seats_add_up(self) -> None:
        session.refresh(self.license)
        license = self.license
        seats = session.scalars(select(Seat).where(Seat.license_id == license.id)).all()
        assert license.seats_used == sum(seat.counted for seat in seats)
        assert license.seats is None or license.seats_used <= max(license.seats, self.most_used)
        self.most_used = license.seats_used
        sitting = dict.fromkeys((seat.id for seat in seats), 0)
        for activation in self.live():
            assert activation.seat is not None
            assert activation.seat.license_id == license.id
            assert activation.seat.site_key == activation.site_key
            sitting[activation.seat.id] += 1
        assert all(1 <= number <= LIVE_ON_ONE_SEAT for number in sitting.values())
        assert license.lease_seq >= self.seq
        self.seq = license.lease_seq

    @invariant()
    def no_token_outlives_its_activation(self) -> None:
        rows = session.execute(
            select(Activation.ended_at, SiteToken.ends_at)
            .join(SiteToken, SiteToken.activation_id == Activation.id)
            .where(Activation.license_id == self.license.id)
        ).all()
        for activation_ends, token_ends in rows:
            assert activation_ends is None or (token_ends is not None and token_ends <= activation_ends)
        assert sum(token_ends is None for _, token_ends in rows) == len(self.live())

    @invariant()
    def leases_follow_the_license(self) -> None:
        state = self.license.status(self.now)
        for activation in self.live():
            text = lease_for(activation, self.now)
            gives = state in {"active", "expired"} and not activation.has_run_out(self.now)
            assert (text is not None) == gives
            if text is not None:
                claims = orjson.loads(b64u_decode(text.split(".")[1]))
                assert (claims["site"], claims["st"]) == (activation.site_key, state)
                assert activation.lease_until is None or claims["gexp"] <= activation.lease_until.timestamp()
            assert not (activation.counted and activation.lease_until)
        listed = select(func.count()).where(
            Revocation.subject == self.license.id, Revocation.lifted_at.is_(None)
        )
        assert session.scalar(listed) == (state in {"revoked", "suspended"})


@pytest.mark.timeout(300)
def test_seats_add_up_whatever_happens(harbour: Cast, customer: Customer, database: str) -> None:
    machine = type("Machine", (Seats,), {"harbour": harbour, "customer_id": customer.id})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES[database] * (10 if FULL else 1), stateful_step_count=STEPS, deadline=None,
            suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
