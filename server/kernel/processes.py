"""Processes that stand and fall together: a child never outlives its parent, even one killed by -9."""

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
LOOK_S = 0.2


def die_with_parent(*, watch: bool = True) -> None:
    """End this process as soon as its parent is gone, so that no port or lock stays held.

    `watch=False` is for the moment between fork and exec, where no thread may be started.
    """
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if not watch:
        return
    # other systems have no such signal, and it is not sent when the parent died before the call above
    threading.Thread(target=_watch, args=(parent,), name="keydesk-parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(0)
