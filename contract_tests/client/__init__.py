"""Clients: programs that call the API. What they are asked, what they do, and how that is judged."""
