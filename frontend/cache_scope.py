"""Whose requests may use the same entries of a worker's prefix cache.

The time of an answer tells whether its prompt's beginning was known, so it would tell a client what others have
asked. A worker knows no API keys: it gets a digest, keyed with a salt that is drawn at the frontend's start.
"""

from __future__ import annotations

import hashlib
import secrets

from .access import AccessPolicy, bearer_key

_DIGEST_BYTES = 16


class CacheScopes:
    """Names the scope of a request.

    Args:
        policy: Which keys there are; without any, all requests have one scope.
        shared: All requests have one scope anyway.
    """

    def __init__(self, policy: AccessPolicy, *, shared: bool = False) -> None:
        self._keyed = bool(policy.keys)
        self._shared = shared
        self._salt = secrets.token_bytes(hashlib.blake2b.MAX_KEY_SIZE)

    def of(self, authorization: str | None) -> str:
        """Return the scope of a request that was let in, by its Authorization header."""
        return "" if self._shared else self.key_of(authorization)

    def key_of(self, authorization: str | None) -> str:
        """Return a name for the key of a request that was let in; empty where the server asks for none."""
        if not self._keyed:
            return ""
        key = bearer_key(authorization).encode()
        return hashlib.blake2b(key, key=self._salt, digest_size=_DIGEST_BYTES).hexdigest()
