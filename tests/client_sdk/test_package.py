"""The package as a stranger meets it: cheap to import, one public list, one tree of errors."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import keydesk
from keydesk import errors

ROOT = Path(__file__).parents[2] / "client_sdk"
PUBLIC = {
    "Activation", "ActivationState", "Attachment", "Author", "CheckIn", "File", "Keydesk", "KeydeskError",
    "Lease", "LeaseCheck", "License", "Message", "OpenedTicket", "Plan", "ProductFile", "Release", "Request",
    "RequestsTransport", "Response", "Retries", "Seats", "SigningKey", "Site", "SiteIdentity", "SiteState",
    "Ticket", "TicketPage", "TicketSummary", "Tickets", "Transport", "Validation", "Verdict", "__version__",
    "errors", "new_site_uid", "normalise_license_key", "reply_is_genuine", "system_diagnostics",
    "verify_lease", "verify_revocations", "ListCheck", "ListVerdict", "RevocationList", "PluginState",
    "Standing", "standing", "Stopped", "ActivationLink", "LinkState",
}  # fmt: skip


def test_the_public_list_is_this_one_and_every_name_is_there() -> None:
    assert set(keydesk.__all__) == PUBLIC
    assert all(hasattr(keydesk, name) for name in PUBLIC)


def test_everything_public_is_documented() -> None:
    owed = [getattr(keydesk, name) for name in PUBLIC - {"__version__"}]
    methods = [
        method
        for each in owed
        if inspect.isclass(each) and each.__module__.startswith("keydesk")
        for name, method in vars(each).items()
        if inspect.isfunction(method) and not name.startswith("_") and method.__module__.startswith("keydesk")
    ]

    assert [each for each in [*owed, *methods] if not inspect.getdoc(each)] == [keydesk.Transport.send]


def test_importing_loads_no_http_library_and_no_signatures() -> None:
    program = (
        "import sys; before = set(sys.modules); import keydesk\n"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before}"
        " & {'requests', 'urllib3', 'nacl', 'http', 'ssl', 'asyncio', 'server', 'flask'}))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert told.stdout == "[]\n"


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"    ([│├└─ ]*)([A-Z]\w+)", line):
            depth = len(found[1]) // 4
            path = [*path[:depth], found[2]]
            drawn[found[2]] = path[depth - 1] if depth else "Exception"

    classes = {
        name: kind for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, Exception)
    }  # fmt: skip
    assert drawn == {name: kind.__mro__[1].__name__ for name, kind in classes.items()}


def test_the_package_imports_nothing_of_the_server() -> None:
    for path in (ROOT / "keydesk").rglob("*.py"):
        assert not re.search(
            r"^\s*(?:from|import) server\b", path.read_text(encoding="utf-8"), re.MULTILINE
        ), path


def test_the_license_of_the_wheel_is_the_one_of_the_repository() -> None:
    assert (ROOT / "LICENSE").read_bytes() == (ROOT.parent / "LICENSE").read_bytes()
