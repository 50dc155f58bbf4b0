"""The builder: same input same bytes, nothing of the source's names left, and refusals that say why."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from keydesk.bridge import BuildRefused, build, verify

SOURCE = Path(__file__).resolve().parents[3] / "wp_bridge"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_input_gives_the_same_bytes(copy: Path, tmp_path: Path, product_file: Path) -> None:
    build(SOURCE, tmp_path / "again", slug="acme-gallery", prefix="Acme", product_file=product_file)
    assert bytes_of(tmp_path / "again") == bytes_of(copy)


def test_nothing_of_the_source_names_is_left(copy: Path) -> None:
    for path, data in bytes_of(copy).items():
        assert "keydesk-bridge" not in path
        if not path.endswith(".mo"):
            text = data.decode().replace("\\\\", "\\").replace("Acme\\Keydesk\\Bridge", "")
            assert "Keydesk\\Bridge" not in text, path
            assert "keydesk-bridge" not in text, path


def test_only_what_a_site_needs_goes_along(copy: Path) -> None:
    paths = set(bytes_of(copy))
    assert {"bootstrap.php", "uninstall.php", "config.php", "class-map.php", "BUILD.json"} <= paths
    assert not [p for p in paths if p.startswith("example/") or p.endswith((".po", ".pot", ".xml"))]


def test_every_class_is_found_by_the_map(copy: Path) -> None:
    map_text = (copy / "class-map.php").read_text("utf-8")
    classes = [path for path in bytes_of(copy) if path.startswith("src/")]
    assert len(classes) > 40
    for path in classes:
        assert f"=> '{path}'" in map_text


def test_php_reads_the_facts_as_they_were_given(copy: Path, product: dict[str, Any]) -> None:
    php = shutil.which("php")
    if php is None:
        pytest.skip("php is missing (Debian: apt install php8.2-cli)")
    code = "echo json_encode(require $argv[1]);"
    said = subprocess.run([php, "-n", "-r", code, str(copy / "config.php")], capture_output=True, check=True)
    config = json.loads(said.stdout)
    assert {name: config[name] for name in product} == product
    assert (config["slug"], config["edition"]) == ("acme-gallery", "premium")


def test_two_copies_stand_side_by_side(copy: Path, tmp_path: Path, product_file: Path) -> None:
    php = shutil.which("php")
    if php is None:
        pytest.skip("php is missing (Debian: apt install php8.2-cli)")
    other = tmp_path / "beta-forms" / "keydesk"
    build(SOURCE, other, slug="beta-forms", prefix="Beta\\Tools", product_file=product_file)
    code = (
        "function add_action(){} $wp_version='6.0';"
        "require $argv[1]; require $argv[2];"
        "\\Acme\\Keydesk\\Bridge\\load('Acme\\Keydesk\\Bridge\\Client\\LicenseKey');"
        "\\Beta\\Tools\\Keydesk\\Bridge\\load('Beta\\Tools\\Keydesk\\Bridge\\Client\\LicenseKey');"
        "echo \\Acme\\Keydesk\\Bridge\\Client\\LicenseKey::mask('abcd'),"
        "\\Beta\\Tools\\Keydesk\\Bridge\\Client\\LicenseKey::mask('efgh');"
    )
    command = [php, "-n", "-r", code, str(copy / "bootstrap.php"), str(other / "bootstrap.php")]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.stdout == "KD1-…abcdKD1-…efgh", said.stdout + said.stderr


def test_a_build_replaces_an_older_one_of_the_same_plugin(copy: Path, product_file: Path) -> None:
    (copy / "src" / "Old.php").write_text("<?php\n", "utf-8")
    build(SOURCE, copy, slug="acme-gallery", prefix="Acme", product_file=product_file)
    assert verify(copy).is_untouched


def test_somebody_elses_folder_is_not_touched(tmp_path: Path, product_file: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "cat.txt").write_text("purr", "utf-8")
    with pytest.raises(BuildRefused) as refused:
        build(SOURCE, folder, slug="acme-gallery", prefix="Acme", product_file=product_file)
    assert refused.value.code == "output_not_empty"
    assert (folder / "cat.txt").read_text("utf-8") == "purr"


def test_verify_names_what_differs(copy: Path) -> None:
    (copy / "assets" / "bridge.js").write_text("alert(1)", "utf-8")
    (copy / "src" / "Bridge.php").unlink()
    (copy / "extra.php").write_text("<?php\n", "utf-8")
    report = verify(copy)
    assert not report.is_untouched
    assert report.changed == ("assets/bridge.js",)
    assert report.missing == ("src/Bridge.php",)
    assert report.unknown == ("extra.php",)


@pytest.mark.parametrize(
    ("slug", "prefix", "code"),
    [
        ("Acme", "Acme", "bad_slug"),
        ("a", "Acme", "bad_slug"),
        ("../up", "Acme", "bad_slug"),
        ("acme", "acme", "bad_prefix"),
        ("acme", "Keydesk", "bad_prefix"),
        ("acme", "Keydesk\\Own", "bad_prefix"),
        ("acme", "Acme\\", "bad_prefix"),
    ],
)
def test_wrong_names_are_refused(
    tmp_path: Path, product_file: Path, slug: str, prefix: str, code: str
) -> None:
    with pytest.raises(BuildRefused) as refused:
        build(SOURCE, tmp_path / "out", slug=slug, prefix=prefix, product_file=product_file)
    assert refused.value.code == code
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("server", "http://desk.example.com", "bad_server"),
        ("server", "https://bob:pw@desk.example.com", "bad_server"),
        ("server", "https://desk.example.com/?a=1", "bad_server"),
        ("product_key", "kds_live_secret", "bad_key"),
        ("lease_keys", [], "bad_key"),
        ("lease_keys", [{"kid": "k0000000000000000", "public_key": "A" * 43}], "bad_key"),
        ("lease_keys", [{"kid": "k56475aa75463474c", "public_key": "!"}], "bad_key"),
        ("name", "", "bad_product_file"),
        ("terms_url", "javascript:alert(1)", "bad_product_file"),
    ],
)
def test_a_product_file_that_could_not_work_is_refused(
    tmp_path: Path, product: dict[str, Any], field: str, value: object, code: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_text(json.dumps({**product, field: value}), "utf-8")
    with pytest.raises(BuildRefused) as refused:
        build(SOURCE, tmp_path / "out", slug="acme", prefix="Acme", product_file=path)
    assert refused.value.code == code
    assert not (tmp_path / "out").exists()


def test_a_server_on_this_machine_may_speak_plainly(tmp_path: Path, product: dict[str, Any]) -> None:
    path = tmp_path / "local.json"
    path.write_text(json.dumps({**product, "server": "http://127.0.0.1:8000/"}), "utf-8")
    report = build(SOURCE, tmp_path / "out", slug="acme", prefix="Acme", product_file=path)
    assert "http://127.0.0.1:8000'" in (tmp_path / "out" / "config.php").read_text("utf-8")
    assert report.version


def test_a_folder_without_a_bridge_is_refused(tmp_path: Path, product_file: Path) -> None:
    with pytest.raises(BuildRefused) as refused:
        build(tmp_path, tmp_path / "out", slug="acme", prefix="Acme", product_file=product_file)
    assert refused.value.code == "no_source"


def test_a_source_that_php_cannot_read_is_refused(tmp_path: Path, product_file: Path) -> None:
    if shutil.which("php") is None:
        pytest.skip("php is missing (Debian: apt install php8.2-cli)")
    broken = tmp_path / "source"
    shutil.copytree(SOURCE, broken, ignore=shutil.ignore_patterns("example"))
    (broken / "src" / "Broken.php").write_text("<?php class {", "utf-8")
    with pytest.raises(BuildRefused) as refused:
        build(broken, tmp_path / "out", slug="acme", prefix="Acme", product_file=product_file)
    assert refused.value.code == "syntax"
    assert "Broken.php:1" in str(refused.value)
