"""The HTTP API: one file for each group of routes, on the base of `handler.ApiHandler`."""
