"""Address vectors: what a site's address becomes, and what is no address."""

from typing import Any

from tests.vectors.making import Family, b64u, case

GOOD: tuple[tuple[str, str, str], ...] = (
    ("table-1", "HTTPS://WWW.Example.com:443/", "example.com"),
    ("table-2", "http://example.com./blog/", "example.com/blog"),
    ("table-3", "example.com/Blog/index.php?x=1#y", "example.com/Blog"),
    ("table-5", "http://localhost:8881", "localhost:8881"),
    ("table-6", "http://www.com", "www.com"),
    ("table-7", "http://[2001:DB8:0:0::1]/", "[2001:db8::1]"),
    ("trim", " \t\r\nhttp://example.com \n", "example.com"),
    ("no-scheme", "shop.example.com", "shop.example.com"),
    ("no-scheme-port", "shop.example.com:8080", "shop.example.com:8080"),
    ("one-label-scheme", "http://intranet/wp", "intranet/wp"),
    ("one-label-port", "intranet:8080", "intranet:8080"),
    ("one-label-default-port", "intranet:80", "intranet"),
    ("localhost-plain", "localhost", "localhost"),
    ("localhost-plain-path", "LOCALHOST/wp", "localhost/wp"),
    ("ipv6-plain", "[::1]", "[::1]"),
    ("port-80", "http://example.com:80", "example.com"),
    ("port-443-http", "http://example.com:443", "example.com"),
    ("port-other", "https://example.com:8443/shop", "example.com:8443/shop"),
    ("port-zeros", "http://example.com:0080/", "example.com"),
    ("port-empty", "http://example.com:/", "example.com"),
    ("www-once", "http://www.www.example.com", "www.example.com"),
    ("www-part", "http://www2.example.com", "www2.example.com"),
    ("underscore", "http://my_shop.example.com", "my_shop.example.com"),
    ("ipv4", "http://192.0.2.7/wp", "192.0.2.7/wp"),
    ("ipv4-port", "http://127.0.0.1:8881/", "127.0.0.1:8881"),
    ("ipv6-port", "http://[::1]:8080/", "[::1]:8080"),
    ("ipv6-long", "http://[2001:0DB8:0000:0000:0001:0000:0000:0001]", "[2001:db8::1:0:0:1]"),
    ("ipv6-default-port", "https://[2001:db8::2]:443/a", "[2001:db8::2]/a"),
    ("host-percent", "http://ex%61mple.com/", "example.com"),
    ("punycode", "http://XN--BCHER-KVA.example.com", "xn--bcher-kva.example.com"),
    ("query", "http://example.com?lang=ru", "example.com"),
    ("fragment", "http://example.com#top", "example.com"),
    ("query-slash", "http://example.com?a=/b", "example.com"),
    ("slashes", "http://example.com//a///b//", "example.com/a/b"),
    ("dot-parts", "http://example.com/a/./b/../c", "example.com/a/c"),
    ("dot-parts-above", "http://example.com/../../a", "example.com/a"),
    ("dot-parts-encoded", "http://example.com/a/%2e%2E/b", "example.com/b"),
    ("index", "http://example.com/index.php", "example.com"),
    ("index-slash", "http://example.com/shop/index.php/", "example.com/shop"),
    ("index-inside", "http://example.com/index.php/shop", "example.com/index.php/shop"),
    ("index-other", "http://example.com/myindex.php", "example.com/myindex.php"),
    ("path-case", "http://example.com/Shop/A", "example.com/Shop/A"),
    ("path-unreserved", "http://example.com/%41%7e%2D%5F", "example.com/A~-_"),
    ("path-kept", "http://example.com/a%2fb%c3%a9", "example.com/a%2Fb%C3%A9"),
    ("path-raw", "http://example.com/маг", "example.com/%D0%BC%D0%B0%D0%B3"),
    ("path-space", "http://example.com/my shop", "example.com/my%20shop"),
    ("path-lone-percent", "http://example.com/100%", "example.com/100%25"),
    ("host-63", f"http://{'a' * 63}.example.com", f"{'a' * 63}.example.com"),
)

NEEDS_INTL: tuple[tuple[str, str, str], ...] = (
    ("table-4", "http://bücher.example", "xn--bcher-kva.example"),
    ("idna-upper", "http://BÜCHER.example.com", "xn--bcher-kva.example.com"),
    ("idna-cyrillic", "https://www.магазин.рф/", "xn--80aairftm.xn--p1ai"),
    ("idna-sharp-s", "http://straße.example.com", "xn--strae-oqa.example.com"),
    ("idna-full-width", "http://ｅｘａｍｐｌｅ.com", "example.com"),
    ("idna-percent", "http://b%C3%BCcher.example.com", "xn--bcher-kva.example.com"),
    ("idna-dot", "http://shop。example.com", "shop.example.com"),
)

BAD: tuple[tuple[str, str], ...] = (
    ("empty", ""),
    ("only-scheme", "http://"),
    ("one-word", "notaurl"),
    ("one-word-path", "notaurl/shop"),
    ("one-word-dot", "notaurl."),
    ("one-word-empty-port", "notaurl:"),
    ("ftp", "ftp://example.com"),
    ("javascript", "javascript:alert(1)"),
    ("user", "http://u:p@example.com"),
    ("user-only", "http://admin@example.com/"),
    ("control", "http://exam\x01ple.com"),
    ("nul", "http://example.com/\x00"),
    ("line-inside", "http://example.com/a\nb"),
    ("backslash", "http://example.com\\@evil.example.com"),
    ("space-host", "http://exam ple.com"),
    ("port-letters", "http://example.com:http/"),
    ("port-high", "http://example.com:65536"),
    ("port-zero", "http://example.com:0"),
    ("two-dots", "http://example..com"),
    ("two-end-dots", "http://example.com.."),
    ("label-64", f"http://{'a' * 64}.example.com"),
    ("host-254", "http://" + ".".join(["a" * 50] * 5)[:254] + ".example.com"),
    ("ipv4-short", "http://127.1/"),
    ("ipv4-number", "http://2130706433/"),
    ("ipv4-hex", "http://0x7f.0.0.1/"),
    ("ipv4-octal", "http://0177.0.0.1/"),
    ("ipv4-256", "http://192.0.2.256/"),
    ("ipv6-open", "http://[::1/"),
    ("ipv6-zone", "http://[fe80::1%25eth0]/"),
    ("ipv6-wrong", "http://[2001:db8::1::2]/"),
    ("at-encoded", "http://user%40example.com/"),
    ("too-long-key", "http://example.com/" + "a" * 490),
    ("2049-bytes", "http://example.com/?" + "a" * 2029),
)


def family() -> Family:
    cases: list[dict[str, Any]] = [address(*row) for row in GOOD]
    cases += [address(*row) | {"needs": ["intl"]} for row in NEEDS_INTL]
    cases += [
        case(f"url-bad-{id}", id.replace("-", " "), {"url": url}, {"error": "site_url_invalid"})
        for id, url in BAD
    ]
    broken = {"raw": b64u(b"http://example.com/\xff")}
    cases.append(case("url-bad-utf8", "not UTF-8", broken, {"error": "site_url_invalid"}))
    return Family("site_urls", 30, cases)


def address(id: str, url: str, key: str) -> dict[str, Any]:
    return case(f"url-{id}", id.replace("-", " "), {"url": url}, {"site_key": key})
