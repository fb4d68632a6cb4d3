"""Tests of the messages, their codec, and the endpoints."""
