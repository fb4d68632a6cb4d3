"""What a person runs, and what those commands are made of."""
