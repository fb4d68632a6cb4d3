"""`POST /admin/prefix-cache/clear`: the workers forget what they keep of prompts and answers."""

from __future__ import annotations

from .handler import ApiHandler


class ClearPrefixCaches(ApiHandler):
    """Clears the prefix caches of all workers, for all scopes."""

    async def on_post(self) -> None:
        """Answer with how many workers were told; what runs now may leave its prefixes later."""
        self.send_json({"workers": self.services.exchange.clear_prefix_caches()})
