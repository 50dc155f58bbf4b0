"""The product file of the console: everything a program has to know about its vendor and product."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keydesk._leases import LeaseCheck, verify_lease
from keydesk._signatures import SigningKey
from keydesk.errors import BadInput


@dataclass(frozen=True, slots=True)
class ProductFile:
    """What stands in a product file; nothing in it is secret.

    `server`: the address of the Keydesk server. `vendor_id`, `product_id`: the ids every lease must name.
    `lease_keys`: the keys under which answers and leases are signed, the current and the next one.
    """

    server: str
    vendor_id: str
    product_id: str
    product_key: str
    lease_keys: tuple[SigningKey, ...]

    @classmethod
    def load(cls, path: str | Path) -> "ProductFile":
        """Read the JSON file that the console offers for download.

        Raises `BadInput` when it is none, or OSError.
        """
        return cls.read(Path(path).read_bytes())

    @classmethod
    def read(cls, content: bytes | str) -> "ProductFile":
        """The same from its content, for programs that carry it inside."""
        try:
            fields: dict[str, Any] = json.loads(content)
            keys = [
                SigningKey(key["public_key"], key["not_before"], key["not_after"])
                for key in fields["lease_keys"]
            ]
            names = ("server", "tenant", "product", "product_key")
            server, vendor_id, product_id, product_key = (str(fields[name]) for name in names)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise BadInput("this is not a product file of Keydesk", field="product_file") from error
        return cls(server, vendor_id, product_id, product_key, tuple(keys))

    def verify_lease(self, text: object, *, site_key: str, **facts: Any) -> LeaseCheck:
        """`keydesk.verify_lease` with the ids and keys of this product; `facts` are its other arguments."""
        return verify_lease(
            text,
            keys=self.lease_keys,
            vendor_id=self.vendor_id,
            product_id=self.product_id,
            site_key=site_key,
            **facts,
        )
