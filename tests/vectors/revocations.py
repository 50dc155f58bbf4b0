"""Revocation lists: which are taken, and which leases they end."""

from typing import Any

from tests.vectors.leases import GOOD, IAT, SITE, compact, signed, text_of
from tests.vectors.making import CURRENT, NEXT, OLD, STRANGER, Family, case, key_table, trusted

LIST: dict[str, Any] = {
    "typ": "revocations", "kid": CURRENT.kid, "ten": "ven_01", "prod": "prd_01", "serial": 5,
    "iat": IAT + 60, "exp": IAT + 60 + 30 * 86_400, "leases": ["lic_07", "act_09"], "kids": [],
    "packages": [], "full": True,
}  # fmt: skip


def list_text(key: Any = CURRENT, **changes: Any) -> str:
    return text_of(compact(LIST | {"kid": key.kid} | changes), key)


def without(field: str) -> str:
    return text_of(compact({name: value for name, value in LIST.items() if name != field}))


def read(id: str, title: str, verdict: str, text: Any, *, held: int = 0, **changes: Any) -> dict[str, Any]:
    asked = {
        "op": "read", "list": text, "held_serial": held, "tenant": "ven_01", "product": "prd_01",
        "trusted": [trusted(CURRENT), trusted(NEXT)],
    }  # fmt: skip
    return case(f"list-{id}", title, asked | changes, {"verdict": verdict})


def ended(id: str, title: str, verdict: str, lease: str = GOOD, **changes: Any) -> dict[str, Any]:
    """A lease held against a list that was accepted before."""
    return case(
        f"list-{id}", title,
        {"op": "lease", "list": list_text(**changes), "lease": lease, **SITE, "now": IAT + 7_200},
        {"verdict": verdict},
    )  # fmt: skip


def lists() -> list[dict[str, Any]]:
    window = trusted(CURRENT, IAT + 61, None)
    return [
        read("good", "a good list", "accepted", list_text()),
        read("next-key", "signed by the next key", "accepted", list_text(NEXT)),
        read("empty", "a list that ends nothing any more", "accepted", list_text(leases=[])),
        read("partial", "a list that had to leave entries out", "accepted", list_text(full=False)),
        read("all-products", "a list of all products of the vendor", "accepted", without("prod")),
        read("expired", "an expired list is still taken, and stays in force", "accepted",
             list_text(iat=1, exp=2)),
        read("higher", "a higher number takes the place of the list held", "accepted", list_text(), held=4),
        read("same", "the list held again", "older", list_text(), held=5),
        read("lower", "a lower number is ignored", "older", list_text(), held=6),
        read("own-kid", "a list cannot revoke the key that signed it", "wrong_key",
             list_text(kids=[CURRENT.kid])),
        read("other-kid", "revokes another key", "accepted", list_text(kids=[OLD.kid])),
        read("borrowed-kid", "names another key than the one that signed", "wrong_key",
             text_of(compact(LIST | {"kid": NEXT.kid}))),
        read("outside-window", "issued before its key's time", "wrong_key", list_text(), trusted=[window]),
        read("stranger", "signed by a key nobody trusts", "bad_signature", list_text(STRANGER)),
        read("reply-domain", "signed as a reply", "bad_signature",
             text_of(compact(LIST), domain=b"keydesk-reply-v1\n")),
        read("other-vendor", "the list of another vendor", "wrong_product", list_text(ten="ven_02")),
        read("other-product", "the list of another product", "wrong_product", list_text(prod="prd_02")),
        read("a-lease", "a lease is no list", "wrong_type", GOOD),
        read("no-serial", "without its number", "malformed_payload", without("serial")),
        read("serial-text", "its number is a text", "malformed_payload", list_text(serial="5")),
        read("leases-numbers", "entries that are numbers", "malformed_payload", list_text(leases=[1])),
        read("json-broken", "payload is not JSON", "malformed_payload", text_of(b"{not json")),
        read("nothing", "an empty text", "malformed", ""),
        read("too-long", "65,537 characters", "malformed", "v1." + "A" * 65_447 + "." + "A" * 86),
        read("longest", "a list of 1,400 entries", "accepted",
             list_text(leases=[f"lic_{number:026d}" for number in range(1_400)])),
    ]  # fmt: skip


def leases() -> list[dict[str, Any]]:
    later: dict[str, Any] = {"iat": IAT + 61, "nbf": IAT + 61, "seq": 8}
    return [
        ended("ends-nothing", "the list names others", "valid"),
        ended("ends-license", "the list names the license", "revoked", leases=["lic_01"]),
        ended("ends-activation", "the list names the activation", "revoked", leases=["act_01"]),
        ended("still-in-force", "an expired list stays in force", "revoked", leases=["lic_01"], exp=IAT + 61),
        ended("same-second", "a lease as old as the list is ended by it", "revoked",
              signed(iat=IAT + 60, nbf=IAT + 60), leases=["lic_01"]),
        ended("lifted", "a lease with a higher number that is newer than the list counts again", "valid",
              signed(**later), leases=["lic_01"]),
        ended("key", "the list revokes the key of the lease", "wrong_key", signed(NEXT), kids=[NEXT.kid]),
    ]  # fmt: skip


def family() -> Family:
    return Family("revocations", 6, [*lists(), *leases()], key_table())
