"""Tests of the demo model's data and files."""
