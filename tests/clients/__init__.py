"""Real clients against a running server; `scripts/clients` runs them, each in an environment of its own."""
