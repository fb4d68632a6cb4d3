"""What memory the device has left for us."""

from __future__ import annotations

import mlx.core as mx

from .memory import available_memory


def free_memory() -> int:
    """Return the bytes that are free now; on Metal, no more than what the system recommends a process to use."""
    device = mx.device_info()
    if mx.default_device().type == mx.cpu:
        free = available_memory()
    elif "max_recommended_working_set_size" in device:  # Metal, whose memory is the machine's
        free = min(available_memory(), int(device["max_recommended_working_set_size"]) - mx.get_active_memory())
    else:
        free = int(device.get("free_memory", device.get("total_memory", 0)))
    return max(0, free)
