"""Tests of the bundled demo model."""
