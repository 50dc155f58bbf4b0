"""One command for both sides of the comparison: `python -m tests.bench.serving module:factory port`."""

import sys

from server.kernel.processes import die_with_parent
from server.web import serve

if __name__ == "__main__":
    die_with_parent()
    serve(sys.argv[1], int(sys.argv[2]))
