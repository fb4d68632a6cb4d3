"""Tools for the tool abilities: their schemas, the requests for them and what they return."""
