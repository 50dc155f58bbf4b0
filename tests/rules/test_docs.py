"""What the pages say is so: commands run, links lead somewhere, generated pages are current, names exist."""

import json
import os
import re
import shlex
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest

from server.catalog.models import Product
from server.console.products import build_of, embed_of
from server.demo import story
from server.kernel.problems import CONTENT_TYPE

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("client_sdk/*.md")])
}
GUIDE_OF_THE_SDK = "docs/guide/sdk.md"  # every block of it is run by tests/client_sdk/test_guide.py
GENERATED = ("openapi.json", "settings.md", "errors.md", "jobs.md")
REFRESH = "python -m docs.reference.refresh"

FENCE = re.compile(r"^(?P<before>[^\n]*)\n```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
NOT_RUN = re.compile(r"<!-- not run by a test[^:]*: \S.* -->")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
IN_REPOSITORY = re.compile(r"(?<![\w/.])(?:\.ci|client_sdk|docs|server|tests|wp_bridge)/[\w.*/-]*")
SETTING = re.compile(r"KEYDESK_[A-Z_]*[A-Z]")
WIDEST = 122
EXAMPLE_PRODUCT = {
    "server": "https://desk.example.com",
    "tenant": "ven_01",
    "product": "prd_01",
    "product_key": "kdp_" + "A" * 24 + "3v76rY",
    "name": "Acme Gallery",
    "lease_keys": [{"kid": "k56475aa75463474c", "public_key": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"}],
}


def blocks(page: str, *kinds: str) -> list[re.Match[str]]:
    return [found for found in FENCE.finditer(PAGES[page].read_text("utf-8")) if found["kind"] in kinds]


def runnable(page: str) -> list[str]:
    """The commands of a page, but for those that say why they are not run."""
    return [found["text"] for found in blocks(page, "sh", "bash") if not NOT_RUN.search(found["before"])]


WITH_COMMANDS = [page for page in PAGES if page != GUIDE_OF_THE_SDK and runnable(page)]


def test_the_reference_lists_all_its_pages() -> None:
    here = ROOT / "docs" / "reference"
    pages = {path.name for path in here.iterdir() if path.suffix in {".md", ".json"}} - {"README.md"}
    listed = re.findall(r"^\| \[([^\]]+)\]\(\1\) \|", (here / "README.md").read_text("utf-8"), re.MULTILINE)

    assert sorted(listed) == sorted(pages)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Looks like a checkout that was set up, with a product file downloaded into it."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "wp_bridge").symlink_to(ROOT / "wp_bridge")
    (tmp_path / "acme-gallery").mkdir()
    (tmp_path / "acme-gallery.keydesk.json").write_text(json.dumps(EXAMPLE_PRODUCT))
    return tmp_path


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_the_commands_of_a_page_run(page: str, folder: Path) -> None:
    script = "\n".join(runnable(page))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "HOME": str(folder), "PYTHONUTF8": "1"}
    command = ["sh", "-eu", "-c", script]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def test_the_commands_that_a_reader_needs_are_among_them() -> None:
    assert set(WITH_COMMANDS) >= {
        "README.md",
        "docs/guide/install-and-run.md",
        "docs/guide/embed-the-bridge.md",
    }


def documents() -> dict[str, str]:
    """The generated pages, made in a process of their own: they load settings and every module."""
    program = "import json; from docs.reference.refresh import documents; print(json.dumps(documents()))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made: dict[str, str] = json.loads(done.stdout)
    return made


def test_the_generated_pages_are_what_the_code_says() -> None:
    committed = {name: (ROOT / "docs" / "reference" / name).read_text("utf-8") for name in GENERATED}
    made = documents()
    old = [name for name in GENERATED if made[name] != committed[name]]
    assert old == [], f"out of date in docs/reference: {', '.join(old)}. To write them anew: {REFRESH}"


def test_the_document_names_refusals_as_they_are_sent() -> None:
    document = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text("utf-8"))
    shown = document["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert shown == {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemView"}}}
    required = set(document["components"]["schemas"]["ProblemView"]["required"])
    assert required == {"type", "title", "status", "detail", "code"}


def test_the_lines_for_a_plugin_are_those_of_the_example() -> None:
    example = (ROOT / "wp_bridge/example/acme-gallery/acme-gallery.php").read_text("utf-8")
    for page in ("README.md", "docs/guide/embed-the-bridge.md"):
        shown = blocks(page, "php")[0]["text"]
        assert shown in example
        assert shown.count("\n") <= 5


def test_what_the_console_tells_a_plugin_author_to_do_works(folder: Path) -> None:
    product = Product(slug="acme-gallery", name="Acme Gallery")
    plugin = folder / "acme-gallery"
    (folder / "keydesk").symlink_to(ROOT)
    (folder / "acme-gallery.keydesk.json").rename(plugin / "acme-gallery.keydesk.json")
    command = f"{Path(sys.executable).parent}/{build_of(product)}"
    done = subprocess.run(shlex.split(command), cwd=plugin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    bootstrap = (plugin / "keydesk" / "bootstrap.php").read_text("utf-8")
    called = re.search(r"= \\(\S+)\\boot\(__FILE__, array\(", embed_of(product))
    assert called is not None
    assert f"namespace {called[1]};" in bootstrap


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_repository_lead_somewhere(page: str) -> None:
    targets = [urllib.parse.urlsplit(target) for target in LINK.findall(PAGES[page].read_text("utf-8"))]
    inside = [target.path for target in targets if not target.scheme and target.path]
    assert [target for target in inside if not (PAGES[page].parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_names_in_a_page_exist(page: str) -> None:
    text = PAGES[page].read_text("utf-8")
    named = {found for code in CODE.findall(text) for found in IN_REPOSITORY.findall(code)}
    assert [name for name in sorted(named) if not list(ROOT.glob(name.rstrip("/.")))] == []
    known = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    settings = {name.removesuffix("_FILE") for name in SETTING.findall(text)}
    assert {name for name in settings if f"`{name}`" not in known} == set()


@pytest.mark.parametrize("page", PAGES)
def test_lines_of_prose_are_short(page: str) -> None:
    text = PAGES[page].read_text("utf-8")
    prose = FENCE.sub(lambda found: "" if found["kind"] == "csv" else found[0], text)
    lines = prose.splitlines()
    assert [line for line in lines if len(line) > WIDEST and not line.startswith(("|", "<!--"))] == []


def test_decisions_are_numbered_and_name_their_price() -> None:
    pages = sorted(name for name in PAGES if name.startswith("docs/decisions/"))
    assert [int(Path(name).name[:4]) for name in pages] == list(range(1, len(pages) + 1))
    for name in pages:
        text = PAGES[name].read_text("utf-8")
        assert text.startswith(f"# {Path(name).name[:4]} ")
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Price")), name


def private_words() -> list[str]:
    """What is true on one machine only: its folders, and where it takes its packages from."""
    words = ["/wo" + "rk/", "/ro" + "ot/", "/opt/" + "pypi", "pypi" + ".org", "registry." + "npmjs"]
    named = " ".join(value for name, value in os.environ.items() if "INDEX_URL" in name or "REGISTRY" in name)
    hosts = [urllib.parse.urlsplit(address).hostname for address in re.findall(r"https?://\S+", named)]
    return [*words, *(host for host in hosts if host)]


def test_no_file_names_a_place_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    files = [ROOT / name for name in listed.stdout.splitlines()]
    assert listed.returncode or len(files) > 100
    words = private_words()
    found = {
        path.relative_to(ROOT).as_posix(): word
        for path in files
        if path.is_file() and path != Path(__file__).resolve()
        for word in words
        if word.encode() in path.read_bytes()
    }
    assert found == {}


def test_the_feature_that_the_example_asks_for_is_sold_in_the_demo() -> None:
    example = (ROOT / "wp_bridge/example/acme-gallery/gallery.php").read_text("utf-8")
    asked = set(re.findall(r"allows\('([\w-]+)'\)", example))
    assert asked
    assert all(asked <= set(plan.features) for plan in story.PLANS)
