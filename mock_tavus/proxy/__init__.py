"""What leads programs here that have the vendor's host written into them: https, a proxy, and what they must trust."""
