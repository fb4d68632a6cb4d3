"""`GET /`: the web page, and its files. They are in the package, the same for everybody, and so need no key."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import ClassVar

from ..errors import NotFound
from .handler import ApiHandler

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_HEADERS = {
    # Everything comes from here, no text becomes a script or an element, and no other page has this one inside.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Asked for again each time, and answered with 304 while it is the same.
    "Cache-Control": "no-cache",
}


class Page(ApiHandler):
    """A file of the page."""

    public: ClassVar[bool] = True

    async def on_get(self, name: str = "index.html") -> None:
        """Answer with it, or 404."""
        content = _files().get(name)
        if content is None:
            raise NotFound(f"The page has no file {name!r:.100}.")
        for header, value in _HEADERS.items():
            self.set_header(header, value)
        self.set_header("Content-Type", _TYPES[name.rpartition(".")[2]])
        self.finish(content)


@cache
def _files() -> dict[str, bytes]:
    """Return the files by their names; what is asked for is never made into a path."""
    folder = files("mlx_llm_server").joinpath("frontend", "page")
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in _TYPES}
