"""Tests, in folders named after what they test; `system` starts whole processes."""
