"""Tests of the frontend's parts, each alone."""
