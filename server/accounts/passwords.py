"""Passwords: argon2id with parameters that two cores can bear."""

import os
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.kernel.errors import Invalid, Unavailable

SHORTEST, LONGEST = 12, 128
HASHER = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)
# a hash nobody has the password of: an unknown account costs the same work as a known one
NOBODY = HASHER.hash(os.urandom(16).hex())
_at_once = threading.BoundedSemaphore(os.cpu_count() or 1)


class LoginBusy(Unavailable):
    """More log-ins at once than there are cores: each hash is expensive on purpose."""

    code = "login_busy"
    title = "Many people are signing in at this moment, please try again"


def hash_password(password: str) -> str:
    """The stored form of a new password; refuses one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            f"A password has {SHORTEST} to {LONGEST} characters",
            errors=[
                {
                    "pointer": "/password",
                    "code": "length",
                    "message": f"Please use {SHORTEST} to {LONGEST} characters.",
                }
            ],
        )
    return HASHER.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the stored hash; `None` costs the same and never fits."""
    if not _at_once.acquire(timeout=2):
        raise LoginBusy
    try:
        HASHER.verify(stored or NOBODY, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _at_once.release()
    return stored is not None
