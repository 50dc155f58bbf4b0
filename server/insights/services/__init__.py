"""Exports: a ZIP with everything a vendor owns, as tables for spreadsheets and as JSON lines for scripts."""

from server.insights.services.exporting import Written, write_zip
from server.insights.services.kept import (
    KEPT,
    begin_export,
    fail_export,
    finish_export,
    forget_export,
    latest_exports,
    path_of,
)

__all__ = [
    "KEPT",
    "Written",
    "begin_export",
    "fail_export",
    "finish_export",
    "forget_export",
    "latest_exports",
    "path_of",
    "write_zip",
]
