import asyncio
import os

import aiohttp


async def main() -> None:
    key = {"x-api-key": os.environ["TAVUS_API_KEY"]}
    body = {"train_video_url": "https://example.com/me.mp4", "callback_url": os.environ["HOOK"]}
    async with aiohttp.ClientSession(headers=key) as session:
        async with session.post("https://tavusapi.com/v2/replicas", json=body) as response:
            created = await response.json()
        async with session.get(f"https://tavusapi.com/v2/replicas/{created['replica_id']}") as response:
            print(await response.text())


asyncio.run(main())
