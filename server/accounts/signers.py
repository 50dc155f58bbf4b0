"""Signing keys by the id of their row, kept unsealed in memory: opening one costs more than a signature.

The row decides which key is current; what an id stands for never changes, so nothing here grows old.
"""

from functools import lru_cache

from sqlalchemy import bindparam, select

from server.accounts.models import SigningKey
from server.accounts.services import SigningSeed
from server.kernel.prepared import Prepared
from server.kernel.secrets import unseal
from server.kernel.signing import b64u_decode

_by_id = Prepared(select(SigningKey.kid, SigningKey.seed_sealed).where(SigningKey.id == bindparam("key_id")))


@lru_cache(maxsize=1_000)
def signing_seed(key_id: str) -> SigningSeed:
    """The private half of this key."""
    [(kid, sealed)] = _by_id.rows(key_id)
    return SigningSeed(kid, b64u_decode(unseal(sealed, aad=SigningKey(id=key_id).aad)))
