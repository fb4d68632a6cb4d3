"""Tests of the chaos command."""
