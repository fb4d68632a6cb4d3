"""Tests of what operators are told."""
