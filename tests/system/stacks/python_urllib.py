import json
import os
from urllib.request import Request, urlopen

key = {"x-api-key": os.environ["TAVUS_API_KEY"]}
body = {"train_video_url": "https://example.com/me.mp4", "callback_url": os.environ["HOOK"]}
request = Request(
    "https://tavusapi.com/v2/replicas", json.dumps(body).encode(), {**key, "content-type": "application/json"}
)
with urlopen(request, timeout=20) as response:
    created = json.load(response)
with urlopen(Request(f"https://tavusapi.com/v2/replicas/{created['replica_id']}", headers=key), timeout=20) as response:
    print(response.read().decode())
