"""What an import does: records become rows, in slices, and everything left out is named with its reason."""

from server.importing.services.reporting import Report, Said
from server.importing.services.running import SLICE, Import, read_files, slices
from server.importing.services.runs import (
    KEPT,
    begin_run,
    end_phase,
    fail_run,
    files_of,
    folder_of,
    forget_run,
    latest_runs,
    note_progress,
    report_of,
    start_run,
)

__all__ = [
    "KEPT",
    "SLICE",
    "Import",
    "Report",
    "Said",
    "begin_run",
    "end_phase",
    "fail_run",
    "files_of",
    "folder_of",
    "forget_run",
    "latest_runs",
    "note_progress",
    "read_files",
    "report_of",
    "slices",
    "start_run",
]
