"""The process that clients talk to: HTTP in, SSE out, and who runs what.

It never imports mlx or transformers: a frontend is small, starts at once, and does not die with a GPU.
"""
