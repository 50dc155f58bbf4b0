"""Writes the pages of this folder that are read from the code: `python -m docs.reference.refresh`."""
# ruff: noqa: E501  sentences of the pages stay on one line

import importlib
import json
import pkgutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import server
from server.jobs import Job, registry
from server.kernel import secrets, settings
from server.kernel.errors import KeydeskError
from server.kernel.settings import KNOWN, Settings
from server.worker import load_tasks

HERE = Path(__file__).parent
MADE = "<!-- written by docs/reference/refresh.py; change the code, not this page -->\n"


@dataclass(frozen=True)
class Words:
    """What a setting is for. `default` where the code computes it; `only` for settings of tests."""

    meaning: str
    default: str = ""


SETTINGS: dict[str, Words] = {
    "ENV": Words("`production`, or `development`: no https needed, keys and secrets make themselves, mails go to a folder."),
    "PUBLIC_URL": Words("Address under which people and sites reach the server. Production: must begin with `https://`.", "`http://127.0.0.1:8080`"),
    "SECRET_KEY": Words("Signs form tokens and links. Production: required, 32 characters or more.", "none (development makes one)"),
    "DATA_DIR": Words("Folder of the SQLite file, the key file `keys/master.json`, uploads and run-time files.", "`keydesk-data`"),
    "DATABASE_URL": Words("`sqlite:///…` or `postgresql://user:password@host/name` (PostgreSQL needs the extra `postgres`).", "`keydesk.sqlite3` in the data folder"),
    "ALLOWED_HOSTS": Words("Host names, comma-separated, with the port where one is used. A request for another host is refused; `*` is not accepted.", "the host of `KEYDESK_PUBLIC_URL`"),
    "BROKER": Words("Carrier of the jobs. `embedded` is the only one."),
    "SMTP_HOST": Words("Mail server. Unset: development writes mails to `mail/` in the data folder, production keeps them waiting."),
    "SMTP_PORT": Words("Its port."),
    "SMTP_TLS": Words("`none`, `starttls` or `tls`."),
    "SMTP_USER": Words("Log-in at the mail server; unset means none."),
    "SMTP_PASSWORD": Words("Its password."),
    "MAIL_FROM": Words("Sender address of every mail. `Reply-To` is the vendor's support address."),
    "NOTIFY_DELAY_S": Words("Seconds between an agent's answer and the mail about it (0 to 86400)."),
    "RATE_LIMITS": Words("`on`, or `off` for tests; production refuses `off`."),
    "OUTBOUND_ALLOW": Words("Places that outgoing requests may reach although they are not public: `host:port`, or networks such as `10.0.0.0/8` for hosts that are written as numbers; comma-separated. Link-local addresses stay closed."),
    "STRIPE_API_BASE": Words("Address of a stand-in for Stripe. Unset: Stripe itself."),
}  # fmt: skip
# tests and the demo's neighbours read these; the server only knows that they are no typing errors
OF_TESTS = {"WP_CACHE", "CACHE", "TEST_SEED", "TEST_POSTGRES", "TEST_FULL"}


def main() -> None:
    for name, text in documents().items():
        (HERE / name).write_text(text, encoding="utf-8")


def documents() -> dict[str, str]:
    """Every generated page by its file name."""
    return {
        "openapi.json": openapi(),
        "settings.md": settings_page(),
        "errors.md": errors_page(),
        "jobs.md": jobs_page(),
    }


def openapi() -> str:
    """The document that the server gives out under /openapi.json."""
    from server.app import build_app  # here: the settings must be loaded first

    with tempfile.TemporaryDirectory() as folder:
        given = {"KEYDESK_ENV": "development", "KEYDESK_PUBLIC_URL": "http://localhost"}
        loaded = settings.load({**given, "KEYDESK_DATA_DIR": folder})
        secrets.load_keys(Path(folder) / "keys" / "master.json", create=True)
        answer = build_app(loaded).test_client().get("/openapi.json")
    return json.dumps(answer.get_json(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def settings_page() -> str:
    lines = [
        "# Settings",
        MADE,
        "Environment variables, read once at start. A wrong value or an unknown `KEYDESK_` name stops the start with the",
        "name of the variable. Every variable may be given as `<NAME>_FILE` instead: the path of a file with the value.",
        "A server in development leaves them in `run/settings.json` of its data folder: commands on that folder take them",
        "from there when they are given none.",
        "",
        "| variable | default | meaning |",
        "| --- | --- | --- |",
    ]
    defaults = _defaults()
    for name, words in SETTINGS.items():
        default = words.default or _shown(getattr(defaults, name.lower()))
        lines.append(f"| `KEYDESK_{name}` | {default} | {words.meaning} |")
    if unknown := KNOWN - {f"KEYDESK_{name}" for name in {*SETTINGS, *OF_TESTS}}:
        raise LookupError(f"say in {__name__} what {', '.join(sorted(unknown))} is for")
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    for module in _modules():
        importlib.import_module(module)
    rows = sorted({(kind.status, kind.code, kind.title) for kind in _kinds(KeydeskError)})
    lines = [
        "# Refusals",
        MADE,
        "Every refusal of the API is `application/problem+json` (RFC 9457) with `code` for the program, `title` and",
        "`detail` for people, and sometimes more fields (`errors`, `seats`, `retry_after`). A code never changes its",
        "meaning; one code may come with several sentences. Another vendor's object is answered as a missing one.",
        "",
        "| status | code | sentence |",
        "| --- | --- | --- |",
        *(f"| {status} | `{code}` | {title} |" for status, code, title in rows),
    ]
    return "\n".join(lines) + "\n"


def jobs_page() -> str:
    load_tasks()
    jobs = registry.all_handlers()
    lines = [
        "# Jobs",
        MADE,
        "A job is a row that is written in the commit of its cause; it is run at least once. After a failed try it comes",
        "again after the waits named here (each spread by 20 %); then its row says `failed`. A job that is not finished",
        "within its lease is run again.",
        "",
        "| kind | what it does | queue | lease | tries | until |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for job in jobs:
        tries, over = len(job.schedule) + 1, _span(sum(job.schedule))
        lines.append(
            f"| `{job.kind}` | {_first_line(job.run)} | {job.queue} | {job.lease_s} s | {tries} | {over} |"
        )
    lines += ["", "Waits between the tries, in seconds:", ""]
    lines += [f"- `{job.kind}`: {_waits(job.schedule)}" for job in jobs]
    return "\n".join(lines) + "\n"


def _first_line(run: Callable[[Job], None]) -> str:
    if not run.__doc__:
        raise SystemExit(f"{run.__module__}.{run.__name__} needs a sentence that says what the job does")
    return run.__doc__.partition("\n")[0]


def _defaults() -> Settings:
    """Settings of a server that was told no more than it must be."""
    with tempfile.TemporaryDirectory() as folder:
        needed = {"PUBLIC_URL": "https://desk.example.com", "SECRET_KEY": "x" * 32, "DATA_DIR": folder}
        return settings.load({f"KEYDESK_{name}": value for name, value in needed.items()})


def _shown(value: object) -> str:
    if isinstance(value, bool):
        value = "on" if value else "off"
    return f"`{value}`" if value not in {"", ()} else "unset"


def _modules() -> Iterator[str]:
    for found in pkgutil.walk_packages(server.__path__, "server."):
        if not found.name.startswith("server.migrations"):
            yield found.name


def _kinds(base: type[KeydeskError]) -> Iterator[type[KeydeskError]]:
    """Refusals of the server itself; tests may have made others in this process."""
    if base.__module__.startswith("server."):
        yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)


def _span(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _waits(schedule: Sequence[float]) -> str:
    """`10, 60, 47 × 3600`."""
    parts: list[tuple[float, int]] = []
    for wait in schedule:
        if parts and parts[-1][0] == wait:
            parts[-1] = (wait, parts[-1][1] + 1)
        else:
            parts.append((wait, 1))
    return ", ".join(f"{wait:g}" if count == 1 else f"{count} × {wait:g}" for wait, count in parts)


if __name__ == "__main__":
    main()
