"""The vector files are what their sources make, and hold what the contract asks for."""

import pytest

from tests.vectors import build
from tests.vectors.making import Family
from tests.vectors.reading import load

FAMILIES = [module.family() for module in build.MODULES]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_file_is_what_its_source_makes(family: Family) -> None:
    assert build.is_written(family, only_check=True), "run python -m tests.vectors.build"


def test_every_verdict_of_a_lease_has_a_case() -> None:
    verdicts = {case["expect"]["verdict"] for case in load("leases")["cases"]}

    assert verdicts == {
        "malformed", "bad_signature", "malformed_payload", "wrong_type", "wrong_key", "wrong_product",
        "wrong_activation", "wrong_site", "wrong_environment", "revoked", "replayed", "not_yet_valid",
        "valid", "stale", "lapsed",
    }  # fmt: skip


def test_the_fixed_signatures_of_the_contract_stand_in_the_files() -> None:
    lease = load("leases")["cases"][0]["input"]["lease"]
    reply = load("replies")["cases"][0]["input"]["header"]

    assert lease.endswith(
        "Z7a_qORKWMwEROvAo1vxK827Il0C9O2NB3-_6Qhb_v6AwAJz59v35ourHX_cTnofzKeTgIbNajdIYm1jB1BoBw"
    )
    assert reply.endswith(
        "HJvrEMqwLf3JvfTIfTpWoI3lRrf96aacMexrJAEP6LYrWadW0McJn9goOZJjGIofXdrX3-JUKZp1yJVS00WEAw"
    )
