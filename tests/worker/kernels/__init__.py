"""Tests of the rows that decode together."""
