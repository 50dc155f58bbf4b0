"""Every page of a vendor ends with the way to its people and its papers."""

import pytest
from flask.testing import FlaskClient

from server.kernel.db import session, writing
from tests.conftest import Cast

PAGES = ["/account/harbour", "/buy/harbour/harbour-gallery", "/account/harbour/enter/" + "x" * 43]
MAIL = 'href="mailto:help@harbour.example.com"'


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_a_vendor_names_its_mailbox_and_its_papers(
    client: FlaskClient, harbour: Cast, path: str
) -> None:
    plain = client.get(path).text
    assert (MAIL in plain, "Terms" in plain, "Privacy" in plain) == (True, False, False)

    with writing():
        vendor = session.merge(harbour.vendor)
        vendor.terms_url, vendor.privacy_url = (
            "https://harbour.example.com/terms",
            "https://harbour.example.com/p",
        )
    page = client.get(path).text

    assert MAIL in page
    assert '<a href="https://harbour.example.com/terms" rel="noreferrer">Terms</a>' in page
    assert '<a href="https://harbour.example.com/p" rel="noreferrer">Privacy</a>' in page
