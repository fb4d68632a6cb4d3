"""The pictures of the page in docs/images: a server is started, asked, deprived of a worker, and looked at.

Nothing in them is drawn or edited: the answers are the demo model's, and so are the figures.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from .benchmark.servers import HOST, free_port, serving
from .browser import ARGUMENTS, find_chromium

IMAGES = Path(__file__).parents[1] / "docs" / "images"
MOST_BYTES = 150_000
DESKTOP, PHONE = (1120, 760), (390, 780)
PATIENCE_MS = 60_000
CLIENTS = 4
WEATHER = json.dumps(
    [
        {
            "type": "function",
            "function": {
                "name": "get_weather",
                "description": "Get the weather for a city",
                "parameters": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}},
                    "required": ["city"],
                },
            },
        }
    ]
)


class Tab:
    """A page in the browser, and what a person does there."""

    def __init__(self, browser: Browser, url: str, size: tuple[int, int], theme: str, view: str = "chat") -> None:
        self.page: Page = browser.new_page(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if theme == "dark" else "light"
        )
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.goto(f"{url}/#{view}")
        expect(self.page.locator("#health")).to_have_text("ready")
        self.page.locator("#set-model option").first.wait_for(state="attached")

    def set(self, name: str, value: str) -> None:
        """Fill in a setting, or choose it."""
        control = self.page.locator(f"#set-{name}")
        if control.evaluate("each => each.localName") == "select":
            control.select_option(value)
        else:
            control.fill(value)

    def ask(self, content: str, *, until: str | None = None) -> None:
        """Ask, and wait for some text of the answer, or for its end."""
        self.page.fill("#prompt", content)
        self.page.press("#prompt", "Enter")
        last = self.page.locator(".assistant").last
        if until is None:
            last.and_(self.page.locator("[aria-busy=false]")).wait_for()
        else:
            last.filter(has_text=until).wait_for()

    def show_ends(self) -> None:
        """Scroll to the first of the settings and to the last of the messages."""
        self.page.locator("aside").evaluate("each => { each.scrollTop = 0; }")
        self.page.locator("#messages").evaluate("each => { each.scrollTop = each.scrollHeight; }")

    def picture(self, name: str) -> None:
        """Take it, and tell its size."""
        path = IMAGES / f"{name}.png"
        self.page.screenshot(path=path)
        size = path.stat().st_size
        print(f"{path.name}: {size // 1000} kB")
        if size > MOST_BYTES:
            raise RuntimeError(f"{path} is larger than {MOST_BYTES} bytes")


def take_pictures(browser: Browser, url: str, seconds: float) -> None:
    """Take all of them; the server has worked for so long before its status is looked at."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with load(url):
        time.sleep(seconds / 2)
        dark = Tab(browser, url, DESKTOP, "dark")
        dark.set("temperature", "0")
        dark.set("tools", WEATHER)
        dark.ask("What is the weather in Paris?")
        dark.page.get_by_label("Result of get_weather").fill('{"temperature": 18, "sky": "cloudy"}')
        dark.page.get_by_role("button", name="Send the results").click()
        dark.page.locator(".assistant[aria-busy=false]", has_text="cloudy.").wait_for()
        dark.set("tools", "")
        dark.ask("Count from 1 to 100.", until="9, 10")
        kill_workers(url)
        dark.page.locator(".pause", has_text="died").wait_for()
        dark.page.locator("details.call summary").click()
        dark.show_ends()
        dark.picture("chat-dark")
        time.sleep(seconds / 2)
        Tab(browser, url, (DESKTOP[0], 900), "light", "status").picture("status")
    light = Tab(browser, url, DESKTOP, "light")
    light.set("temperature", "0")
    light.ask("Write a limerick about python exceptions")
    light.set("thinking", "yes")
    light.ask("What is 17 + 25?")
    light.page.locator(".thoughts:visible summary").click()
    light.show_ends()
    light.picture("chat-light")
    phone = Tab(browser, url, PHONE, "light")
    phone.ask("Repeat after me: no worker is irreplaceable")
    phone.ask("What is 12 * 12?")
    phone.picture("phone-chat")
    Tab(browser, url, PHONE, "dark", "status").picture("phone-status")


def kill_workers(url: str) -> None:
    """Kill all workers at once, so that answers wait until the next ones are loaded."""
    with urllib.request.urlopen(f"{url}/ready") as answer:  # noqa: S310 - our own address
        workers = json.load(answer)["workers"]
    for worker in workers:
        os.kill(worker["pid"], signal.SIGKILL)


@contextlib.contextmanager
def load(url: str) -> Iterator[None]:
    """Have clients ask the server now and then."""
    over = threading.Event()
    clients = [threading.Thread(target=_ask_on, args=(url, over, seed)) for seed in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        over.set()
        for client in clients:
            client.join()


def _ask_on(url: str, over: threading.Event, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    while not over.is_set():
        body = {
            "messages": [{"role": "user", "content": f"Count from 1 to {chance.randint(5, 60)}."}],
            "max_tokens": 400,
        }
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{url}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with contextlib.suppress(urllib.error.URLError):
            urllib.request.urlopen(request).close()  # noqa: S310
        over.wait(chance.uniform(0, 6))


def main() -> None:
    """Do it."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description="Take the pictures in docs/images.")
    parser.add_argument(
        "--seconds", type=float, default=150, help="how long the server works before (default 150)"
    )
    seconds = parser.parse_args().seconds
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium is found; on Debian: apt-get install chromium")
    port = free_port()
    command = ["mlx_llm_server", "up", "--host", HOST, "--port", str(port), "--workers", "2"]
    with (
        tempfile.TemporaryDirectory(prefix="pictures-") as folder,
        serving(command, port, "/ready", {**os.environ, "MLX_SERVE_CRASH_DIR": f"{folder}/crashes"}),
        sync_playwright() as playwright,
        contextlib.closing(playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)) as browser,
    ):
        take_pictures(browser, f"http://{HOST}:{port}", seconds)


if __name__ == "__main__":
    main()
