"""Whole processes: real servers, real clients, real signals."""
