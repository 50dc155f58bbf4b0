"""Turning an untouched WordPress tree into a site: its configuration, its database drop-in, its plugins."""

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.wp_bridge.boot.source import sqlite_drop_in, version_met, wordpress_tree

PHP = Path(__file__).with_name("php")
KEYS = ("AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY")
SALTS = ("AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT")


@dataclass(frozen=True)
class Layout:
    """Where the parts of one site lie."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "www"

    @property
    def debug_log(self) -> Path:
        return self.folder / "debug.log"

    @property
    def requests_log(self) -> Path:
        return self.folder / "requests.jsonl"

    @property
    def mails_log(self) -> Path:
        return self.folder / "mails.jsonl"

    @property
    def complete(self) -> Path:
        """Stands there when the installation has ended well; holds the version."""
        return self.folder / "complete"

    @property
    def server_log(self) -> Path:
        return self.folder / "server.log"


def lay_out(folder: Path, *, version: str, url: str, environment: str, plugins: list[Path]) -> str:
    """Fill the folder with a site that is ready to be installed; the WordPress version that it got."""
    site = Layout(folder)
    tree = wordpress_tree(version)
    met = version_met(tree)
    shutil.copytree(tree, site.root, symlinks=False)
    for left_over in ("wp-config.php", "wp-content/db.php"):
        (site.root / left_over).unlink(missing_ok=True)
    for name in ("plugins", "themes", "mu-plugins", "uploads", "upgrade", "database"):
        (site.root / "wp-content" / name).mkdir(parents=True, exist_ok=True)
    _add_drop_in(site.root / "wp-content", met)
    _add_plugins(site.root / "wp-content", plugins)
    (site.root / "wp-config.php").write_text(_configuration(site, url, environment))
    return met


def move(site: Layout, url: str) -> None:
    """Give a kept site the address of this start; log-ins stay, as the keys do."""
    path = site.root / "wp-config.php"
    address = f"define( 'WP_SITEURL', {_as_php(url)} );"
    lines = path.read_text().splitlines()
    lines = [address if line.startswith("define( 'WP_SITEURL',") else line for line in lines]
    path.write_text("\n".join([*lines, ""]))


def become_network(site: Layout, domain: str) -> None:
    """Say in the configuration that this is a network whose sites lie in folders."""
    constants: dict[str, str | bool] = {
        "MULTISITE": True,
        "SUBDOMAIN_INSTALL": False,
        "DOMAIN_CURRENT_SITE": domain,
        "PATH_CURRENT_SITE": "/",
    }
    lines = [f"define( '{name}', {_as_php(value)} );" for name, value in constants.items()]
    lines += ["define( 'SITE_ID_CURRENT_SITE', 1 );", "define( 'BLOG_ID_CURRENT_SITE', 1 );"]
    path = site.root / "wp-config.php"
    path.write_text(path.read_text().replace("<?php\n", "\n".join(["<?php", *lines, ""]), 1))


def _add_drop_in(content: Path, wordpress: str) -> None:
    plugin = content / "plugins" / "sqlite-database-integration"
    shutil.copytree(sqlite_drop_in(wordpress), plugin)
    text = (plugin / "db.copy").read_text()
    text = text.replace(
        "'{SQLITE_IMPLEMENTATION_FOLDER_PATH}'", "__DIR__ . '/plugins/sqlite-database-integration'"
    )
    text = text.replace("{SQLITE_PLUGIN}", "sqlite-database-integration/load.php")
    (content / "db.php").write_text(text)


def _add_plugins(content: Path, plugins: list[Path]) -> None:
    """Plugins are linked, so that an edit shows at once."""
    shutil.copy(PHP / "test-site.php", content / "mu-plugins" / "test-site.php")
    for plugin in plugins:
        (content / "plugins" / plugin.name).symlink_to(plugin.resolve(), target_is_directory=True)


def _configuration(site: Layout, url: str, environment: str) -> str:
    constants: dict[str, str | bool] = {
        **dict.fromkeys(("DB_NAME", "DB_USER", "DB_PASSWORD"), "wordpress"),
        "DB_HOST": "localhost",
        "DB_CHARSET": "utf8mb4",
        "DB_COLLATE": "",
        "DB_DIR": f"{site.root}/wp-content/database/",
        "DB_FILE": ".ht.sqlite",
        **{name: secrets.token_hex(24) for name in KEYS + SALTS},
        # Only the site address is fixed: `home` stays the stored option, which may name another host.
        "WP_SITEURL": url,
        "WP_DEBUG": True,
        "WP_DEBUG_LOG": str(site.debug_log),
        "WP_DEBUG_DISPLAY": False,
        "WP_ENVIRONMENT_TYPE": environment,
        "FS_METHOD": "direct",
        "DISABLE_WP_CRON": True,
        "AUTOMATIC_UPDATER_DISABLED": True,
        "WP_HTTP_BLOCK_EXTERNAL": True,
        "WP_ACCESSIBLE_HOSTS": "127.0.0.1,localhost",
        "KEYDESK_RETHROW": True,
        "KEYDESK_TEST_REQUESTS": str(site.requests_log),
        "KEYDESK_TEST_MAILS": str(site.mails_log),
    }
    lines = [f"define( '{name}', {_as_php(value)} );" for name, value in constants.items()]
    tail = ["$table_prefix = 'wp_';", "defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );"]
    return "\n".join(["<?php", *lines, *tail, "require_once ABSPATH . 'wp-settings.php';", ""])


def _as_php(value: str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
