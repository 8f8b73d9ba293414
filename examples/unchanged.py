"""A program that has the vendor's host written into it: mock-tavus run -- python3 examples/unchanged.py."""

import json
import os
from urllib.request import Request, urlopen

BODY = {"train_video_url": "https://example.com/me.mp4", "callback_url": os.environ.get("CALLBACK_URL", "")}
KEY = os.environ.get("TAVUS_API_KEY", "my-local-key")

request = Request(
    "https://tavusapi.com/v2/replicas",
    json.dumps(BODY).encode(),
    {"x-api-key": KEY, "content-type": "application/json"},
)
with urlopen(request, timeout=20) as response:
    print(response.read().decode())
