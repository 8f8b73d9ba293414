"""The replicas of the vendor's API: one module for each operation."""
