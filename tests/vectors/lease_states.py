"""What a site is allowed and told, from what it holds: the state table and the rules about clocks."""

from typing import Any

from tests.vectors.leases import EXP, GEXP, GOOD, IAT, NOW, SITE, signed
from tests.vectors.making import STRANGER, Family, case, key_table
from tests.vectors.revocations import list_text

DAY = 86_400
LEXP = 1_830_297_600
NOTICES = {
    "unlicensed": "activate", "active": None, "stale": "offline", "lapsed": "check_now", "expired": "renew",
    "suspended": "contact", "revoked": "contact", "released": "activate", "site_changed": "choose",
    "site_mismatch": "activate",
}  # fmt: skip
HELD: dict[str, Any] = SITE | {
    "list": None, "said": None, "site_changed": False, "heard": None, "highest_seen": 0, "over_since": None,
    "feature": "export",
}  # fmt: skip


def state(
    id: str, title: str, state: str, lease: Any = GOOD, *, on: bool, updates: bool | None = None,
    doubtful: bool = False, **held: Any,
) -> dict[str, Any]:  # fmt: skip
    expect = {
        "state": state, "notice": NOTICES[state], "allows": on,
        "updates": state in {"active", "stale"} if updates is None else updates, "clock_doubtful": doubtful,
    }  # fmt: skip
    return case(f"state-{id}", title, {"lease": lease, **HELD, **held}, expect)


def ordinary() -> list[dict[str, Any]]:
    limited = signed(after="limit")
    return [
        state("unlicensed", "no lease at all", "unlicensed", None, on=False),
        state("forged", "a lease of a stranger", "unlicensed", signed(STRANGER), on=False),
        state("active", "a good lease", "active", on=True),
        state("other-feature", "a feature that the plan has not", "active", on=False, feature="galaxy"),
        state("active-to-the-end", "the last second of the lease", "active", on=True, now=EXP + 300),
        state("stale", "14 days without contact", "stale", on=True, now=EXP + 301),
        state("stale-limit", "all stays on in grace, also with `limit`", "stale", limited, on=True,
              now=GEXP),
        state("lapsed-once", "found run out for the first time", "stale", on=True, now=GEXP + 301),
        state("lapsed-too-soon", "found again within a day", "stale", on=True, now=GEXP + DAY,
              over_since=GEXP + 301),
        state("lapsed", "found run out twice, a day apart", "lapsed", on=True, now=GEXP + 301 + DAY,
              over_since=GEXP + 301),
        state("lapsed-limit", "then `limit` allows no new use", "lapsed", limited, on=False,
              now=GEXP + 301 + DAY, over_since=GEXP + 301),
    ]  # fmt: skip


def ended() -> list[dict[str, Any]]:
    short: dict[str, Any] = {"lexp": IAT + DAY}
    after = IAT + DAY + 1
    return [
        state("last-second", "the last second of the license", "active", signed(**short), on=True,
              now=IAT + DAY),
        state("expired", "the license ended, also offline; `keep`", "expired", signed(**short), on=True,
              now=after),
        state("expired-limit", "the license ended; `limit`", "expired", signed(after="limit", **short),
              on=False, now=after),
        state("expired-outweighs", "expired outweighs stale", "expired", signed(**short), on=True,
              now=EXP + 301),
        state("expired-upd", "updates were granted for longer", "expired",
              signed(upd=IAT + 3 * DAY, **short), on=True, now=after, updates=True),
        state("expired-upd-over", "and end at their own time", "expired",
              signed(upd=IAT + 3 * DAY, **short), on=True, now=IAT + 3 * DAY + 1, updates=False),
        state("lifetime", "a license for life does not expire", "active", signed(lexp=None), on=True),
        state("suspended", "a signed answer said so", "suspended", on=False, said="suspended"),
        state("revoked", "a signed answer said so", "revoked", on=False, said="revoked"),
        state("listed", "the signed list says so", "revoked", on=False, list=list_text(leases=["lic_01"]),
              now=NOW),
        state("lifted", "a lease newer than the list counts again", "active",
              signed(iat=IAT + 61, nbf=IAT + 61, seq=8), on=True, list=list_text(leases=["lic_01"]),
              now=NOW),
        state("released", "the seat was given away", "released", on=False, said="released"),
    ]  # fmt: skip


def elsewhere() -> list[dict[str, Any]]:
    return [
        state("changed", "another address; nothing breaks", "site_changed", on=True, site_changed=True),
        state("changed-over", "until the grace of the lease ends", "site_changed", on=False,
              site_changed=True, now=GEXP + 1),
        state("changed-revoked", "a revocation outweighs it", "revoked", on=False, site_changed=True,
              said="revoked"),
        state("mismatch", "a lease of another site", "site_mismatch", signed(site="other.com"), on=False),
        state("copied-staging", "a staging lease on a live site", "site_mismatch", signed(env="staging"),
              on=False),
        state("network", "a child of the network", "active", signed(net=True), on=True,
              site="example.com/child", network_main="example.com"),
    ]  # fmt: skip


def clocks() -> list[dict[str, Any]]:
    year = 365 * DAY
    return [
        state("behind-hour", "a clock an hour behind", "active", on=True, now=IAT - 3_600),
        state("behind-year", "a clock a year behind is not believed", "active", on=True, doubtful=True,
              now=IAT - year, heard=[IAT, IAT - year]),
        state("behind-unheard", "a clock far before the lease, and nothing else to go by", "active", on=True,
              doubtful=True, now=IAT - year),
        state("ahead-year", "a clock a year ahead when the lease came", "active", on=True, doubtful=True,
              now=IAT + year + DAY, heard=[IAT, IAT + year]),
        state("ahead-stale", "it still counts the days since then", "stale", on=True, doubtful=True,
              now=IAT + year + 15 * DAY, heard=[IAT, IAT + year]),
        state("ran-back", "a clock that ran back adds nothing to the highest time seen", "stale", on=True,
              doubtful=True, now=IAT - year, heard=[IAT, IAT], highest_seen=EXP + 301),
        state("jump", "one jump ahead lapses nobody", "stale", on=True, now=GEXP + year, heard=[IAT, IAT],
              lease=signed(lexp=None)),
    ]  # fmt: skip


def family() -> Family:
    return Family("lease_states", 18, [*ordinary(), *ended(), *elsewhere(), *clocks()], key_table())
