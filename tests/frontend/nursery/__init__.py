"""Tests of what is decided about our own workers."""
