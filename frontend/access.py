"""Who may talk to the server: API keys, and the Host and Origin names of a browser's requests.

A page on any site can make a browser send requests to `localhost`, and with DNS rebinding even read the
answers; so a Host that is no name of this server, and an Origin that is no page of it, are refused. A numeric
Host can't be rebound, and is fine where the server listens beyond the loopback.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_LOOPBACK_NAMES = frozenset({"localhost"})
# Of a digest: enough to tell keys apart, too few to be one.
_NAME_DIGITS = 8


def is_loopback(host: str) -> bool:
    """Tell whether an address to bind to is reachable from this machine alone."""
    address = _address(host)
    return host.lower() in _LOOPBACK_NAMES if address is None else address.is_loopback


@dataclass(frozen=True)
class AccessPolicy:
    """What is let in.

    Attributes:
        bind_host: The address the server listens on.
        keys: Valid API keys; none means that no key is asked for.
        allowed_hosts: Further names of this server, without a port.
        allowed_origins: Further origins (scheme://name:port) of pages that may call it; `*` allows all.
        key_names: What keys are called in the log; one without a name is called by a digest of it.
    """

    bind_host: str
    keys: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    key_names: Mapping[str, str] = field(default_factory=dict)

    def allows_host(self, header: str) -> bool:
        """Tell whether a Host header names this server."""
        name = _host_name(header)
        if name is None:
            return False
        if name in _LOOPBACK_NAMES or name in {host.lower() for host in self.allowed_hosts}:
            return True
        address = _address(name)
        if address is not None:
            return address.is_loopback or not is_loopback(self.bind_host)
        return not is_loopback(self.bind_host) and name in {
            self.bind_host.lower(),
            socket.gethostname().lower(),
        }

    def allows_origin(self, origin: str, host: str) -> bool:
        """Tell whether a page of `origin` may call the server under the (allowed) Host header `host`."""
        if "*" in self.allowed_origins or origin.lower() in {o.lower() for o in self.allowed_origins}:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if parts.scheme not in ("http", "https"):
            return False
        name = _host_name(parts.netloc)
        if name is None:
            return False
        # A page served from this machine, on whatever port, or by this server itself.
        return is_loopback(name) or parts.netloc.lower() == host.lower()

    def allows_key(self, authorization: str | None) -> bool:
        """Tell whether an Authorization header carries a valid key. Every key is compared, in constant time."""
        if not self.keys:
            return True
        given = bearer_key(authorization).encode()
        right = False
        for key in self.keys:
            right |= hmac.compare_digest(given, key.encode())
        return right

    def key_name(self, authorization: str | None) -> str:
        """Return what the log calls the key of a header; empty if it carries none that is valid."""
        if not self.keys or not self.allows_key(authorization):
            return ""
        key = bearer_key(authorization)
        digest = hashlib.sha256(key.encode()).hexdigest()[:_NAME_DIGITS]
        return self.key_names.get(key) or f"key-{digest}"


def bearer_key(authorization: str | None) -> str:
    """Return the key of an Authorization header `Bearer KEY`, empty if there is none."""
    scheme, _, key = (authorization or "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _host_name(header: str) -> str | None:
    """Return the name in `name:port`, lower case and without brackets, or None if there is none."""
    try:
        name = urlsplit(f"//{header}").hostname
        urlsplit(f"//{header}").port  # noqa: B018 - raises on a port that is no number
    except ValueError:
        return None
    return name.rstrip(".") if name else None


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
