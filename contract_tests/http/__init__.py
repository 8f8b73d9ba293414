"""HTTP/1.1 requests, scripts and exchanges, byte by byte."""
