"""What an import does: records become rows, in slices, and everything left out is named with its reason."""

from server.importing.services.reporting import Report, Said
from server.importing.services.running import SLICE, Import, read_files, slices

__all__ = ["SLICE", "Import", "Report", "Said", "read_files", "slices"]
