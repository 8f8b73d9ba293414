"""What the fixtures of pytest give to a test."""
