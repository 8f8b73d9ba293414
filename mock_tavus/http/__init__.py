"""The emulator over HTTP: the lane for the vendor's API, and Flask for `/__admin`, `/__inbox` and the dashboard."""
