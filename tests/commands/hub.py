"""A hub of one model, as the Hugging Face client sees it: a listing, and files that can be had in parts.

https://huggingface.co/docs/hub/api, and what huggingface_hub asks for.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """Serves a folder as the model `name`.

    Attributes:
        stops_after: The first answer that is longer than so many bytes stops there, for good.
        stopped: It did.
        asked: The ranges of files that were asked for.
    """

    daemon_threads = True

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.name, self.folder = name, folder
        self.stops_after: int | None = None
        self.stopped, self.ended = threading.Event(), threading.Event()
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def hub_of(name: str, folder: Path) -> Iterator[Hub]:
    with Hub(name, folder) as hub:
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            hub.ended.set()
            hub.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Hub  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        hub = self.server
        path = self.path.partition("?")[0]
        if path.startswith(f"/api/models/{hub.name}/tree/"):
            files = [file for file in hub.folder.iterdir() if file.is_file()]
            self._json(
                [
                    {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": _etag(file)}
                    for file in files
                ]
            )
        elif path.startswith(f"/api/models/{hub.name}"):
            files = [{"rfilename": file.name} for file in hub.folder.iterdir()]
            self._json({"id": hub.name, "modelId": hub.name, "sha": COMMIT, "siblings": files, "tags": []})
        elif match := re.fullmatch(rf"/{hub.name}/resolve/[^/]+/(.+)", path):
            self._file(hub.folder / match[1])
        else:
            self._json({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET  # noqa: N815 - the base class's name

    def _json(self, value: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _file(self, file: Path) -> None:
        body = file.read_bytes()
        headers = {"ETag": f'"{_etag(file)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        part = self.headers.get("Range")
        if self.command == "GET":
            self.server.asked.append((file.name, part))
        if part is None:
            self._answer(200, body, headers)
            return
        first = int(part.removeprefix("bytes=").partition("-")[0])
        headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
        self._answer(206, body[first:], headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        limit = self.server.stops_after
        if limit is not None and len(body) > limit:
            self.server.stops_after = None
            self.wfile.write(body[:limit])
            self.server.stopped.set()
            self.server.ended.wait()
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def _etag(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()
