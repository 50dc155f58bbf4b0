"""What all addresses for vendors' scripts share: the rows that a key may see, and how a field is refused."""

from server.api.callers import vendor_caller
from server.kernel.errors import Invalid, NotFound
from server.kernel.tenancy import resolve
from server.licensing.models import License


def mode_of_key() -> str:
    """A test key sees and makes test rows only, a live key live ones."""
    return vendor_caller().api_key.mode


def own_license(license_id: str) -> License:
    """The license of this id in the key's mode; one of the other mode is answered like a missing one."""
    license = resolve(License, license_id)
    if license.mode != mode_of_key():
        raise NotFound
    return license


def wrong(pointer: str, message: str) -> Invalid:
    """A field that names what is not there."""
    return Invalid(errors=[{"pointer": pointer, "code": "unknown", "message": message}])
