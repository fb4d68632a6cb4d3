"""The demo model: its lessons, its training and what it can do."""
