"""Tests of the models that our scripts make."""
