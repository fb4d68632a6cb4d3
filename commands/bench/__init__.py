"""`mlx-serve bench`: a small load test of a running server."""

from .command import bench

__all__ = ["bench"]
