"""Makes a plugin's private copy of the PHP bridge, and checks one that was made before."""

from keydesk.bridge.build import BuildReport, build
from keydesk.bridge.product import BuildRefused
from keydesk.bridge.verify import VerifyReport, verify

__all__ = ["BuildRefused", "BuildReport", "VerifyReport", "build", "verify"]
