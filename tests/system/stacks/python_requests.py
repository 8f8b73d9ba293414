import os

import requests

key = {"x-api-key": os.environ["TAVUS_API_KEY"]}
body = {"train_video_url": "https://example.com/me.mp4", "callback_url": os.environ["HOOK"]}
with requests.Session() as session:
    created = session.post("https://tavusapi.com/v2/replicas", json=body, headers=key, timeout=20).json()
    print(session.get(f"https://tavusapi.com/v2/replicas/{created['replica_id']}", headers=key, timeout=20).text)
