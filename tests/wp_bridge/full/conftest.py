"""The long matrices: collected only by `./check --full`, which sets KEYDESK_TEST_FULL."""

import os

collect_ignore_glob = [] if os.environ.get("KEYDESK_TEST_FULL") else ["test_*.py"]
