"""One request's way from its path to its response."""
