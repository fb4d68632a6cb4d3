"""A step of one token a row as a compiled one: its graph is built once, and not by Python again in every step.

Building a step of the 0.6B shape took Python 1.4 of 5.7 ms at 8 to 128 rows beside an H200, and 0.7 ms compiled;
the main thread keeps other threads from running as long as that.

What `mx.compile` has traced it replays for inputs of the same shapes. So keys and values lie in buffers of few
sizes, and where a step writes to them and how long the rows are comes in as arrays. Whatever else a model's Python
looks at, a trace has frozen, and nothing would tell. So a model's first trace must agree with mlx-lm's own caches
for some steps, and each other one for its first; a model that doesn't, or that can't be traced, is never compiled.
"""

from __future__ import annotations

import contextlib
import copy
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import BatchKVCache

from ..kernels import Kernels
from .agreement import agree

log = logging.getLogger(__name__)

# Traces that are kept. One of 28 layers holds 3 MB of the host's memory.
_TRACES = 64
# mlx-lm allocates so many tokens at once; beyond the 16th buffer they grow by an eighth or less.
_STEP = BatchKVCache.step
# A first trace is held against so many steps, on rows of so many tokens.
_PROVED_STEPS, _PROVED_TOKENS = 3, 16
# See `CompiledStep._step`.
_Step = Callable[..., tuple[mx.array, mx.array, list[mx.array], list[mx.array]]]


class CompiledStep:
    """A model's compiled steps. It knows one model: another one begins anew.

    Args:
        kernels: Whom to tell of a step before it is traced.
        most: The most traces to keep; the one that was used longest ago goes first.

    Attributes:
        refused: Whether the model's steps can't be compiled.
    """

    def __init__(self, kernels: Kernels | None = None, most: int = _TRACES) -> None:
        self._kernels = kernels or Kernels()
        self._most = most
        self._model: Any = None
        self._steps: dict[tuple[int, int], _Step] = {}  # by rows and capacity; the last one used is the last
        self._proved = self.refused = False

    def __call__(self, model: Any, tokens: mx.array, caches: Sequence[Any]) -> mx.array | None:
        """Run the model on each row's next token, and move the caches on.

        Args:
            model: The model.
            tokens: Of shape (rows,).
            caches: An `AlignedKVCache` for each layer.

        Returns:
            The logits, of shape (rows, vocabulary). None if this is not to be compiled: nothing was computed.
        """
        if model is not self._model:
            self._model, self._proved, self.refused = model, False, False
            self._steps.clear()
        if self.refused or any(cache.empty() for cache in caches):
            return None
        size = capacity(caches[0].size() + 1)
        for cache in caches:
            _resize(cache, size)
        key = (tokens.size, size)
        step = self._steps.pop(key, None)
        if step is None:
            step = mx.compile(self._step)
            logits = self._first(step, tokens, caches)
            if logits is None:
                return None
        else:
            logits = _run(step, tokens, caches)
        self._steps[key] = step
        if len(self._steps) > self._most:
            del self._steps[next(iter(self._steps))]
        return logits

    def _first(self, step: _Step, tokens: mx.array, caches: Sequence[Any]) -> mx.array | None:
        """Run a step that is new beside the model's own, as `__call__`."""
        dtype = caches[0].keys.dtype
        try:
            if not self._proved and not _is_right(step, self._model, tokens, caches):
                return self._refuse("it gives other logits")
            expected = self._model(tokens[:, None], cache=[_twin(cache) for cache in caches])[:, -1, :]
            mx.eval(expected)  # now, so that the caches' copies are gone when theirs are written to
            logits = _run(step, tokens, caches)
        except Exception as error:  # noqa: BLE001 - any code of a model may be what can't be traced
            return self._refuse(repr(error))
        if not agree(logits, expected, dtype):
            for cache in caches:
                cache.trim(1)
            return self._refuse("it gives other logits in other buffers")
        self._proved = True
        return logits

    def _refuse(self, reason: str) -> None:
        log.warning("decode steps are not compiled, and slower for it: %s", reason)
        self.refused = True
        self._steps.clear()

    def _step(
        self,
        tokens: mx.array,
        end: mx.array,
        starts: mx.array,
        lengths: mx.array,
        keys: list[mx.array],
        values: list[mx.array],
    ) -> tuple[mx.array, mx.array, list[mx.array], list[mx.array]]:
        """Build a step's graph: what is traced.

        Args:
            tokens: Of shape (rows,).
            end: Where they are written, int32 of shape (1,).
            starts: Where each row begins, of shape (rows,).
            lengths: How many tokens it has, likewise.
            keys: Of each layer, of shape (rows, heads, capacity, size).
            values: Likewise.

        Returns:
            The logits, of shape (rows, vocabulary); then lengths, keys and values with the tokens.
        """
        places = mx.arange(keys[0].shape[2])
        mask = ((places >= starts[:, None]) & (places <= end))[:, None, None]
        layers = [_Layer(*each, end, lengths, mask) for each in zip(keys, values, strict=True)]
        with self._announced(mask, starts, end + 1):
            logits = self._model(tokens[:, None], cache=layers)[:, -1, :]
        if any(layer.written != 1 for layer in layers):
            raise TypeError("a layer's keys and values are not written once")
        return logits, lengths + 1, [layer.keys for layer in layers], [layer.values for layer in layers]

    @contextlib.contextmanager
    def _announced(self, mask: mx.array, starts: mx.array, stop: mx.array) -> Iterator[None]:
        """Let the kernels compute what is traced within the block."""
        attention, _, product = self._kernels
        if attention is not None:
            attention.expect(mask, starts, stop)
        if product is not None:
            product.wanted = True
        try:
            yield
        finally:
            if attention is not None:
                attention.forget()
            if product is not None:
                product.wanted = False


class _Layer:
    """A layer's cache in a trace. It has nothing that says where rows stand and is not an array.

    Attributes:
        keys: Of shape (rows, heads, capacity, size).
        values: Likewise.
        offset: How long the rows are, of shape (rows,).
        written: How often the step has written to it.
    """

    def __init__(self, keys: mx.array, values: mx.array, end: mx.array, lengths: mx.array, mask: mx.array) -> None:
        self.keys, self.values, self.offset = keys, values, lengths
        self.written = 0
        self._place = end.reshape(1, 1, 1, 1)
        self._mask = mask

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        """Write each row's next key and value, of shape (rows, heads, 1, size), and return the whole buffers."""
        if keys.shape[2] != 1:
            raise TypeError("a step has several tokens")
        self.written += 1
        self.keys = mx.put_along_axis(self.keys, self._place, keys, axis=2)
        self.values = mx.put_along_axis(self.values, self._place, values, axis=2)
        return self.keys, self.values

    def make_mask(self, _tokens: int, window_size: int | None = None, **_options: Any) -> mx.array:
        """Return what hides all that is not a row's, bool of shape (rows, 1, 1, capacity)."""
        if window_size is not None:
            raise TypeError("a mask is for a window")
        return self._mask


def capacity(tokens: int) -> int:
    """Return the size of the buffers that hold so many tokens."""
    step = max(_STEP, 1 << max(0, (tokens - 1).bit_length() - 4))
    return -(-tokens // step) * step


def _resize(cache: Any, size: int) -> None:
    """Bring a layer's buffers to this capacity."""
    if cache.keys.shape[2] == size:
        return
    used = cache.size()
    missing = [(0, 0), (0, 0), (0, size - used), (0, 0)]
    cache.keys = mx.pad(cache.keys[..., :used, :], missing)
    cache.values = mx.pad(cache.values[..., :used, :], missing)


def _run(step: _Step, tokens: mx.array, caches: Sequence[Any]) -> mx.array:
    """Run a step and move the caches on; the old buffers are left to it, which writes to them in place."""
    first = caches[0]
    logits, lengths, keys, values = step(
        tokens,
        mx.array([first.size()]),
        first.left_padding,
        first.offset,
        [cache.keys for cache in caches],
        [cache.values for cache in caches],
    )
    for cache, new_keys, new_values in zip(caches, keys, values, strict=True):
        cache.state = new_keys, new_values, lengths, cache.left_padding, cache.size() + 1
    return logits


def _is_right(step: _Step, model: Any, tokens: mx.array, caches: Sequence[Any]) -> bool:
    """Tell whether some steps give what mlx-lm's own caches give.

    Rows of a model that is being tried may be of equal tokens, where nobody sees which ones attention leaves out.
    So the keys and values are random here, also those that no row may see.
    """
    rows, draws = tokens.size, iter(mx.random.split(mx.random.key(0), 2 * len(caches)))
    starts = mx.arange(rows) % _PROVED_TOKENS
    drawn: list[BatchKVCache] = []
    for cache in caches:
        keys, values = (
            mx.random.normal(each.shape, each.dtype, key=next(draws)) for each in (cache.keys, cache.values)
        )
        drawn.append(_cache(keys, values, _PROVED_TOKENS - starts, starts, _PROVED_TOKENS))
    own = [_twin(cache) for cache in drawn]
    for _ in range(_PROVED_STEPS):
        expected = model(tokens[:, None], cache=own)[:, -1, :]
        if not agree(_run(step, tokens, drawn), expected, caches[0].keys.dtype):
            return False
        tokens = mx.argmax(expected, axis=-1).astype(tokens.dtype)
    return True


def _twin(cache: Any) -> BatchKVCache:
    """Return mlx-lm's cache of the same rows, whose steps leave this one as it is."""
    keys, values, *where = cache.state
    return _cache(copy.copy(keys), copy.copy(values), *where)


def _cache(*state: Any) -> BatchKVCache:
    cache = BatchKVCache([0])
    cache.state = state
    return cache
