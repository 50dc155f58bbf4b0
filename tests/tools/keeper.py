"""Run one program and end it when the process that asked for it ends, however that one ended.

Started as `python keeper.py GRACE USER ARGV...` by tests.tools.processes. Standard input is a pipe from
the parent: its end of file (the parent closed it, or was killed) is the order to stop. A parent-death signal
would not do: it is lost on fork, and PHP's built-in server forks its workers.
"""

import contextlib
import os
import pwd
import signal
import subprocess
import sys
import threading


def main(grace: float, user: str, argv: list[str]) -> int:
    # A signal that reaches the keeper first is no reason to leave the program behind. A handler, because an
    # ignored signal would stay ignored in the program.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    try:
        program = start(user, argv)
    except OSError as problem:
        print(f"failed {problem}", flush=True)
        return 127
    print(f"pid {program.pid}", flush=True)
    threading.Thread(target=stop_at_end_of_file, args=(program, grace), daemon=True).start()
    status = program.wait()
    return status if status >= 0 else 128 - status


def start(user: str, argv: list[str]) -> subprocess.Popen[bytes]:
    account = pwd.getpwnam(user) if user else None
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        start_new_session=True,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def stop_at_end_of_file(program: subprocess.Popen[bytes], grace: float) -> None:
    while os.read(0, 1024):
        pass
    end_group(program.pid, signal.SIGTERM)
    try:
        program.wait(grace)
    except subprocess.TimeoutExpired:
        end_group(program.pid, signal.SIGKILL)


def end_group(pid: int, number: signal.Signals) -> None:
    """The program leads a session of its own, so its number is the number of its group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
