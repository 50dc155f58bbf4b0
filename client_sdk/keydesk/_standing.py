"""Where an installation stands with its license: one pure answer from what it holds (wire contract 4.6).

Nothing here ever breaks a program: a state says what may be on, and which sentence its owner should read.
"""

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from keydesk._lease_payload import Lease
from keydesk._leases import LeaseCheck, Verdict, verify_lease
from keydesk.errors import BadInput

DAY = 86_400
SAID = (None, "suspended", "revoked", "released")
ELSEWHERE = {Verdict.WRONG_SITE, Verdict.WRONG_ENVIRONMENT}
RUNNING = {Verdict.VALID, Verdict.STALE, Verdict.LAPSED, Verdict.NOT_YET_VALID}


class PluginState(StrEnum):
    """The states of a licensed program."""

    UNLICENSED = "unlicensed"
    ACTIVE = "active"
    STALE = "stale"
    LAPSED = "lapsed"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    RELEASED = "released"
    SITE_CHANGED = "site_changed"
    SITE_MISMATCH = "site_mismatch"


NOTICES = {
    PluginState.UNLICENSED: "activate",
    PluginState.STALE: "offline",
    PluginState.LAPSED: "check_now",
    PluginState.EXPIRED: "renew",
    PluginState.SUSPENDED: "contact",
    PluginState.REVOKED: "contact",
    PluginState.RELEASED: "activate",
    PluginState.SITE_CHANGED: "choose",
    PluginState.SITE_MISMATCH: "activate",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The state, and what follows from it.

    `now`: the moment by which it was judged; it differs from the machine's clock when that is in doubt
    (`clock_doubtful`). `over_since`: keep it and hand it in next time; it is when the lease was first found
    run out, and None while it is not. `lease` is None when there is none to go by.
    """

    state: PluginState
    lease: Lease | None
    now: int
    clock_doubtful: bool
    over_since: int | None

    @property
    def notice(self) -> str | None:
        """What the owner should be told: activate, offline, check_now, renew, contact, choose; or None."""
        return NOTICES.get(self.state)

    @property
    def updates(self) -> bool:
        """Whether new versions are to be asked for."""
        if self.state is PluginState.EXPIRED and self.lease is not None:
            until = self.lease.updates_until
            return until is None or self.now <= until
        return self.state in {PluginState.ACTIVE, PluginState.STALE}

    def allows(self, feature: str) -> bool:
        """Whether a premium feature may be used anew; what it already made stays in any case."""
        if self.lease is None or feature not in self.lease.features:
            return False
        if self.state in {PluginState.EXPIRED, PluginState.LAPSED}:
            return self.lease.after == "keep"
        if self.state is PluginState.SITE_CHANGED:
            return self.now <= self.lease.grace_until
        return self.state in {PluginState.ACTIVE, PluginState.STALE}


def standing(
    lease: str | None,
    *,
    said: str | None = None,
    site_changed: bool = False,
    heard: tuple[int, int] | None = None,
    highest_seen: int = 0,
    over_since: int | None = None,
    now: float | None = None,
    **facts: Any,
) -> Standing:
    """Judge what is held, without asking anybody. Raises `BadInput`, and `MissingExtra` without PyNaCl.

    `lease`: the text held. `said`: the last signed word about the license if it was `suspended`, `revoked`
    or `released`. `site_changed`: a check-in said so, and the owner has not chosen yet. `heard`: the
    `server_time` of the last signed answer and the machine's time when it came (both Unix seconds).
    `highest_seen`: the highest time ever seen. `over_since`: of the standing before. `facts`: the other
    arguments of `verify_lease`.

    A lease that ran out counts as such only when it was found so twice, a day apart: one jump of a clock
    switches nothing off.
    """
    if said not in SAID:
        raise BadInput("said is suspended, revoked, released or None", field="said")
    local = int(time.time() if now is None else now)
    check = verify_lease(lease, now=local, **facts)
    doubtful = _is_doubtful(check.lease, heard, local)
    sure = _sure_time(check.lease, heard, highest_seen, local) if doubtful else local
    if sure != local:
        check = verify_lease(lease, now=sure, **facts)
    over = (sure if over_since is None else over_since) if check.verdict is Verdict.LAPSED else None
    state = _state(
        check, said, site_changed=site_changed, lapsed=over is not None and sure - over >= DAY, now=sure
    )
    return Standing(state, check.lease if check.verdict in RUNNING else None, sure, doubtful, over)


def _is_doubtful(lease: Lease | None, heard: tuple[int, int] | None, local: int) -> bool:
    if heard is not None and abs(heard[0] - heard[1]) > DAY:
        return True
    return lease is not None and local < lease.issued_at - DAY


def _sure_time(lease: Lease | None, heard: tuple[int, int] | None, highest: int, local: int) -> int:
    """The server's last time and the seconds since then; a clock that ran back adds none."""
    if heard is None:
        return max(local, highest, lease.issued_at if lease else 0)
    return max(heard[0] + max(0, local - heard[1]), highest)


def _state(check: LeaseCheck, said: str | None, *, site_changed: bool, lapsed: bool, now: int) -> PluginState:
    if said is not None or check.verdict is Verdict.REVOKED:
        return PluginState(said or "revoked")
    if site_changed:
        return PluginState.SITE_CHANGED
    if check.verdict not in RUNNING or check.lease is None:
        return PluginState.SITE_MISMATCH if check.verdict in ELSEWHERE else PluginState.UNLICENSED
    ends = check.lease.license_ends
    if ends is not None and now > ends:
        return PluginState.EXPIRED
    if check.verdict not in {Verdict.STALE, Verdict.LAPSED}:
        return PluginState.ACTIVE
    return PluginState.LAPSED if lapsed else PluginState.STALE
