"""Receivers of callbacks: what they are sent, what they answer and believe, and how that is judged."""
