"""A model from the Hugging Face hub into its cache, with what comes of large files kept when it breaks off.

huggingface_hub goes on with a broken file only within one process; the next one begins it anew. So large files
are fetched here, into a part beside their place in the cache, and huggingface_hub, which finds them there, does
the rest: small files, links, and whatever is private or gated. Knows no mlx.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from ..sizes import show_size
from .checkpoint import FILES

if TYPE_CHECKING:
    from huggingface_hub import DryRunFileInfo

log = logging.getLogger(__name__)

Tell = Callable[[int, int], None]
"""Called with the bytes that are here, and the bytes in all, of what was to be downloaded."""

_LARGE_BYTES = 4 << 20
_PIECE_BYTES = 1 << 18
_TRIES = 5
_WAIT_SECONDS = 0.5
_SHA256 = re.compile(r"[0-9a-f]{64}")


class NoRoomError(OSError):
    """The disk has no room for what is to be downloaded."""


def download(model: str, tell: Tell, revision: str | None = None) -> Path:
    """Download what is missing of a model, and return its folder.

    Raises:
        OSError: It is not to be had, or not now, in a class of huggingface_hub's; `NoRoomError`.
    """
    from huggingface_hub import constants, snapshot_download  # noqa: PLC0415 - a second, for nothing if all is local
    from huggingface_hub.errors import DryRunError  # noqa: PLC0415
    from huggingface_hub.utils import disable_progress_bars  # noqa: PLC0415

    disable_progress_bars()  # they know nothing of the large files
    what: dict[str, Any] = {"repo_id": model, "revision": revision, "allow_patterns": list(FILES)}
    try:
        files = cast("list[DryRunFileInfo]", snapshot_download(**what, dry_run=True))
    except DryRunError:
        # The hub can't be asked: it knows whether what is here will do, or why not.
        return Path(cast("str", snapshot_download(**what)))
    missing = [(file, file.file_size or 0) for file in files if file.will_download]
    total = sum(size for _, size in missing)
    _check_room(total, Path(constants.HF_HUB_CACHE))
    done = 0
    for file, size in missing:
        if size >= _LARGE_BYTES:
            _fetch(model, file, size, lambda here, before=done: tell(before + here, total))
            done += size
    path = Path(cast("str", snapshot_download(**what)))
    tell(total, total)
    return path


def _check_room(missing: int, cache: Path) -> None:
    place = next(folder for folder in (cache, *cache.parents) if folder.exists())
    if missing > (free := shutil.disk_usage(place).free):
        raise NoRoomError(
            f"{show_size(missing)} are to be downloaded, and {place} has room for {show_size(free)}; "
            "HF_HOME chooses another place"
        )


def _fetch(model: str, file: DryRunFileInfo, size: int, tell: Callable[[int], None]) -> None:
    """Have a file in the cache's blobs; what an earlier try left of it is not fetched again."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url  # noqa: PLC0415

    url = hf_hub_url(model, file.filename, revision=file.commit_hash)
    blobs = Path(file.local_path).parents[len(Path(file.filename).parts) + 1] / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    failures = 0
    while True:
        # Anew at each try: the address may be one that holds for an hour.
        told = get_hf_file_metadata(url)
        if told.etag is None:
            return  # huggingface_hub finds out why
        blob, part = blobs / told.etag, blobs / f"{told.etag}.mlx-serve.part"
        with _alone(part, tell):
            if blob.exists():
                return  # another process has fetched it meanwhile
            before = _size(part)
            try:
                _receive(told.location, url, part, size, tell)
            except OSError:
                raise  # of the disk
            except Exception as error:
                # Whatever huggingface_hub's HTTP library raises: which one it is depends on the version.
                failures = 0 if _size(part) > before else failures + 1
                if failures == _TRIES:
                    raise OSError(f"{file.filename}: {error}") from error
                log.warning("the download of %s broke off (%s), and goes on", file.filename, error)
            else:
                if _SHA256.fullmatch(told.etag) and _digest(part) != told.etag:
                    part.unlink()
                    raise OSError(f"{file.filename} has come with other bytes than the hub says")
                part.replace(blob)
                return
        time.sleep(failures)


@contextmanager
def _alone(part: Path, tell: Callable[[int], None]) -> Iterator[None]:
    """Wait until no other process fetches the same file, and tell meanwhile how far that one is."""
    lock = part.with_suffix(".lock")
    with lock.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                tell(_size(part))
                time.sleep(_WAIT_SECONDS)
        yield
        # Who waits for this very file finds the blob, if there is one; and if not, the part is still there.
        if not part.exists():
            lock.unlink(missing_ok=True)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _receive(location: str, url: str, part: Path, size: int, tell: Callable[[int], None]) -> None:
    """Append what is missing of a file to its part."""
    from huggingface_hub import get_session  # noqa: PLC0415
    from huggingface_hub.utils import build_hf_headers  # noqa: PLC0415

    here = _size(part)
    if here > size:
        part.unlink()
        here = 0
    if here == size:
        return
    # A storage elsewhere has its key in the address, and refuses another one.
    headers = build_hf_headers() if urlsplit(location).netloc == urlsplit(url).netloc else {}
    if here:
        headers["Range"] = f"bytes={here}-"
    with (
        get_session().stream("GET", location, headers=headers, follow_redirects=True) as response,
        part.open("ab") as file,
    ):
        response.raise_for_status()
        if here and response.status_code != 206:
            file.truncate(0)
            here = 0
        for piece in response.iter_bytes(_PIECE_BYTES):
            file.write(piece)
            here += len(piece)
            tell(here)
    if here != size:
        raise EOFError(f"{here} of {size} bytes came")


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
