"""Tests of the prefix cache on disk."""
