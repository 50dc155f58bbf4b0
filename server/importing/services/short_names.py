"""Short names that products and plans get when an import makes them."""

import re
from itertools import chain, count

from sqlalchemy import select

from server.catalog import services as catalog
from server.catalog.models import Plan
from server.importing.values import slug_of
from server.kernel.db import session


def free_slug(text: str) -> str:
    """For a product."""
    base = slug_of(text) or "product"
    names = chain([base], (f"{base}-{n}" for n in count(2)))
    return next(name for name in names if catalog.product_by_slug(name) is None)


def free_code(text: str, product_id: str) -> str:
    """For a plan of this product."""
    taken = set(session.scalars(select(Plan.code).where(Plan.product_id == product_id)))
    base = as_code(text)
    return next(code for code in chain([base], (f"{base}-{n}" for n in count(2))) if code not in taken)


def as_code(text: str) -> str:
    """The text itself where it can be one."""
    return text if re.fullmatch(r"[a-z0-9][a-z0-9-]{1,63}", text) else (slug_of(text) or "plan")
