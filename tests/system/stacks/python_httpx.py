import os

import httpx

key = {"x-api-key": os.environ["TAVUS_API_KEY"]}
body = {"train_video_url": "https://example.com/me.mp4", "callback_url": os.environ["HOOK"]}
with httpx.Client(headers=key, timeout=20) as client:
    created = client.post("https://tavusapi.com/v2/replicas", json=body).json()
    print(client.get(f"https://tavusapi.com/v2/replicas/{created['replica_id']}").text)
