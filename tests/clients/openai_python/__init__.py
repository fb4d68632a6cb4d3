"""The official Python client, also in `scripts/test`."""
