"""Where a Chromium is on this machine; nothing is downloaded."""

from __future__ import annotations

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OF_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
# What it does without: a graphics processor, and a shared memory that is small in containers.
ARGUMENTS = ["--disable-gpu", "--disable-dev-shm-usage"]


def find_chromium() -> str | None:
    """Return its path, or None if there is none."""
    return next(filter(None, map(shutil.which, (*NAMES, _OF_MACOS))), None)
