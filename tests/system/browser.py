"""A headless Chromium that is on this machine, driven by Playwright; nothing is downloaded."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

import pytest
from mlx_llm_server.scripts.browser import ARGUMENTS, NAMES, find_chromium
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from .servers import PATIENCE, Server

# Set by `.ci/run`, where a missing browser is a fault.
REQUIRED = "REQUIRE_BROWSER"


def _path() -> str:
    """Return where it is; skip the test where there is none, unless it must be there."""
    found = find_chromium()
    if found is None:
        missing = f"the page needs a Chromium: one of {', '.join(NAMES)} in the PATH (apt-get install chromium)"
        if os.environ.get(REQUIRED):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    path = _path()
    expect.set_options(timeout=1000 * PATIENCE)
    with (
        sync_playwright() as playwright,
        contextlib.closing(playwright.chromium.launch(executable_path=path, args=ARGUMENTS)) as browser,
    ):
        yield browser


class Tab:
    """A tab at the page of a server.

    Attributes:
        complaints: What the browser has complained of: errors of scripts, and what the page's policy forbids.
        foreign: Addresses beyond the server that something was asked of.
    """

    def __init__(self, browser: Browser, server: Server) -> None:
        self._url = server.url
        # Small, as painting is the most of what a browser does here.
        self.page: Page = browser.new_page(
            viewport={"width": 700, "height": 500}, color_scheme="light", reduced_motion="reduce", locale="en-GB"
        )
        self.page.set_default_timeout(1000 * PATIENCE)
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self._asked(request.url))

    def begin(self, key: str | None) -> None:
        """Open the page as if for the first time, with a key that was given before, or none."""
        self.page.goto(f"{self._url}/page/icon.svg")
        self.page.evaluate("sessionStorage.clear(); localStorage.clear()")
        if key is not None:
            self.page.evaluate("key => sessionStorage.setItem('mlx-llm-server key', key)", key)
        self.page.goto(f"{self._url}/")

    def _heard(self, message: ConsoleMessage) -> None:
        # A status beyond 399 is logged as an error whatever the page makes of it.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _asked(self, url: str) -> None:
        if not url.startswith(f"{self._url}/"):
            self.foreign.append(url)

    def set(self, name: str, value: str) -> None:
        """Fill in a setting."""
        if not self.page.locator("#settings").evaluate("each => each.open"):
            self.page.click("#settings > summary")
        control = self.page.locator(f"#set-{name}")
        if control.evaluate("each => each.localName") == "select":
            control.select_option(value)
        else:
            control.fill(value)

    def ask(self, content: str) -> None:
        self.page.fill("#prompt", content)
        self.page.press("#prompt", "Enter")

    def wait_for_text(self, pattern: str) -> None:
        """Wait until the last answer has it."""
        self.page.locator(".assistant").last.locator("> .text").filter(has_text=re.compile(pattern)).wait_for()

    def wait_for_end(self) -> None:
        """Wait until the last answer has ended."""
        self.page.locator(".assistant").last.and_(self.page.locator("[aria-busy=false]")).wait_for()

    @property
    def text(self) -> str:
        """The text of the last answer."""
        return self.page.locator(".assistant").last.locator("> .text").inner_text()

    @property
    def stats(self) -> str:
        return self.page.locator(".assistant .stats").last.inner_text()

    def check(self) -> None:
        """Fail if the browser has complained, or something was asked of anybody but the server."""
        assert self.complaints == []
        assert self.foreign == []
