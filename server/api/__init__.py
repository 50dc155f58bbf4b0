"""The JSON door: what sites and vendors' scripts may ask, and in which words they are answered."""

from server.api.roof import register

__all__ = ["register"]
