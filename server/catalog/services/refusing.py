"""How the catalog says which field of a product, a plan or a price needs another look."""

import re

from server.kernel.errors import Conflict, Invalid

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,63}")


class SlugTaken(Conflict):
    """Two products of a vendor, or two plans of a product, cannot share a short name."""

    code = "slug_taken"
    title = "Another product already has this short name"


def refuse_field(fits: bool, field: str, message: str) -> None:
    """Go on when it fits; else name the field and what it takes."""
    if not fits:
        raise Invalid(message, errors=[{"pointer": f"/{field}", "code": "invalid", "message": message}])
