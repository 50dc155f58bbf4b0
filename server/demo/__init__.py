"""Demo data: a vendor with a story on every screen, and a second one that must never see it."""

from server.demo.seeding import seed_once

__all__ = ["seed_once"]
