"""Tests of answers that are held to a grammar."""
