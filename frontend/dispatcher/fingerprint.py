"""What tells one request's content from another's without saying what it is.

A fingerprint stands in logs and crash dossiers, and a conviction is remembered by it. It holds no text, but who
knows a whole request can recognise it.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace

from ...protocol.messages import Generate

_DIGEST_BYTES = 8
# The frontend's number, how far an earlier worker came, whose it is, and its trace: none is what the client asked
# for.
_NOT_CONTENT = frozenset({"generation", "resume", "cache_scope", "traceparent"})


def fingerprint(request: Generate) -> str:
    """Return 16 hexadecimal digits, the same for every request of this content whatever its seed."""
    request = replace(request, sampling=replace(request.sampling, seed=0))
    content = [(f.name, getattr(request, f.name)) for f in fields(request) if f.name not in _NOT_CONTENT]
    # The representation of nested dataclasses is complete, and can't fail on any text.
    return hashlib.blake2b(repr(content).encode(), digest_size=_DIGEST_BYTES).hexdigest()
