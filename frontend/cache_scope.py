"""Whose requests may use the same entries of a worker's prefix cache.

The time of an answer tells whether its prompt's beginning was known, so it would tell a client what others have
asked. A worker knows no API keys: it gets a digest, keyed with a salt that is drawn once and kept in a file: what
workers keep on disk must be found again after a restart, and names no key without that file.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
from pathlib import Path

from ..protocol.endpoints import EndpointError, private_dir
from .access import AccessPolicy, bearer_key

log = logging.getLogger(__name__)

_DIGEST_BYTES = 16
_SALT_BYTES = hashlib.blake2b.MAX_KEY_SIZE


class CacheScopes:
    """Names the scope of a request.

    Args:
        policy: Which keys there are; without any, all requests have one scope.
        shared: All requests have one scope anyway.
        salt_file: Where the salt is, or will be, once it is needed; None draws another one at each start.
    """

    def __init__(self, policy: AccessPolicy, *, shared: bool = False, salt_file: Path | None = None) -> None:
        self._keyed = bool(policy.keys)
        self._shared = shared
        # One that is kept is of use only to find what is kept.
        self._salt = _salt(salt_file if self._keyed and not shared else None)

    def of(self, authorization: str | None) -> str:
        """Return the scope of a request that was let in, by its Authorization header."""
        return "" if self._shared else self.key_of(authorization)

    def key_of(self, authorization: str | None) -> str:
        """Return a name for the key of a request that was let in; empty where the server asks for none."""
        if not self._keyed:
            return ""
        key = bearer_key(authorization).encode()
        return hashlib.blake2b(key, key=self._salt, digest_size=_DIGEST_BYTES).hexdigest()


def _salt(file: Path | None) -> bytes:
    """Return the salt that a file holds; the file is made if there is none."""
    if file is not None:
        try:
            return _kept_salt(file)
        except (OSError, EndpointError) as error:
            log.warning("what is kept on disk of prompts will not be found after a restart: %s", error)
    return secrets.token_bytes(_SALT_BYTES)


def _kept_salt(file: Path) -> bytes:
    private_dir(file.parent, "HOME")
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(8)}.new")
    with contextlib.suppress(FileNotFoundError):
        if len(salt := file.read_bytes()) == _SALT_BYTES:
            return salt
        file.unlink()  # damaged
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as new:
            new.write(secrets.token_bytes(_SALT_BYTES))
        # Of two frontends that start at once, both take the one that is there first.
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    return file.read_bytes()
