"""How the catalog says which field of a product, a plan or a price needs another look."""

import re

from server.kernel.errors import Conflict, Invalid, KeydeskError

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,63}")
SLUG_WORDS = "From 2 to 64 small letters, digits and hyphens, a letter or digit first."


class SlugTaken(Conflict):
    """Two products of a vendor, or two plans of a product, cannot share a short name."""

    code = "slug_taken"
    title = "This short name is already in use"


class Faults:
    """What is wrong with the fields of one thing, all of it told at once."""

    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []

    def unless(self, fits: bool, field: str, message: str) -> None:
        """Nothing when it fits; else the field and what it takes."""
        if not fits:
            self.found.append({"pointer": f"/{field}", "code": "invalid", "message": message})

    def refuse(self, kind: type[KeydeskError] = Invalid) -> None:
        """Go on when nothing was found."""
        if self.found:
            raise kind(self.found[0]["message"], errors=self.found)


def refuse_field(fits: bool, field: str, message: str) -> None:
    """Go on when it fits; else name the field and what it takes."""
    faults = Faults()
    faults.unless(fits, field, message)
    faults.refuse()
