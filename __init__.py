"""An OpenAI-compatible LLM server on Apple's MLX.

A Tornado **frontend** speaks HTTP to clients and msgpack over ZeroMQ to one or more **worker** processes,
each owning one MLX context. The two meet only in **protocol**; `docs/architecture.md` tells the way of a
request.
"""

__version__ = "0.1.0"
