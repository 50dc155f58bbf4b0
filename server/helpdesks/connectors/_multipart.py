"""A form with one file in it, as helpdesks take uploads."""

import secrets
from collections.abc import Mapping


def form_with_file(values: Mapping[str, str], content: bytes) -> tuple[str, bytes]:
    """Content type and body of a form with `values` and the file field `content`."""
    boundary = secrets.token_hex(16)
    start = f"--{boundary}\r\nContent-Disposition: form-data; "
    parts = [f'{start}name="{name}"\r\n\r\n{value}\r\n' for name, value in values.items()]
    head = f'{start}name="content"; filename="content"\r\nContent-Type: application/octet-stream\r\n\r\n'
    body = ("".join(parts) + head).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body
