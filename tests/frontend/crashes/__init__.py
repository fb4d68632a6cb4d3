"""Tests of what the routes are made of."""
