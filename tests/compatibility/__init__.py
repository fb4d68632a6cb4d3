"""`scripts/clients` and its page."""
