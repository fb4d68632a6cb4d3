"""Tests of what is installed and what is imported."""
