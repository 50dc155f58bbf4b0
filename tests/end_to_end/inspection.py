"""Looking at a screen as a person and as axe-core: at both widths and in both themes, with pictures.

The ordinary run sees each width and each theme of each screen once, `./check --full` all four together.
"""

import os
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Page

from tests.tools.accessibility import assert_accessible
from tests.tools.browser import PHONE, WIDE, look

Theme = Literal["dark", "light"]
EACH_ONCE: tuple[tuple[Theme, tuple[int, int]], ...] = (("dark", WIDE), ("light", PHONE))
ALL: tuple[tuple[Theme, tuple[int, int]], ...] = (*EACH_ONCE, ("dark", PHONE), ("light", WIDE))
VIEWS = ALL if os.environ.get("KEYDESK_TEST_FULL") else EACH_ONCE


@dataclass
class Inspection:
    """Collects what is wrong with all screens, so that one run shows everything."""

    problems: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def of(self, page: Page, name: str, include: str | None = None) -> None:
        """One screen; `include` names our part of a page that is not ours."""
        self.seen.append(name)
        page.wait_for_load_state("networkidle")
        for theme, (width, height) in VIEWS:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": height})
            self._note(f"{name}, {theme}, {width} px", lambda: assert_accessible(page, include))
        self._note(name, lambda: look(page, name, whole=True))
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})

    def _note(self, where: str, act: object) -> None:
        try:
            act()  # type: ignore[operator]  # a function without arguments
        except AssertionError as problem:
            self.problems.append(f"{where}: {problem}")

    def finish(self) -> None:
        assert self.seen, "nothing was looked at"
        assert not self.problems, "\n\n".join(self.problems)
