"""Commands, pure and as they are called."""
