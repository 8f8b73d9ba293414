"""A correct receiver on aiohttp: `python -m tests.contract_tests.receivers.aiohttp_app PORT DATABASE`."""

from __future__ import annotations

import asyncio
import json
import sys

from aiohttp import web

from examples.receivers.flask_app import MAX_BYTES, SECRET, Replicas


def create_app(database: str) -> web.Application:
    replicas = Replicas(database)
    fails: set[str] = set()

    async def hook(request: web.Request) -> web.Response:
        if request.query.get("secret") != SECRET:
            return web.Response(status=403)
        try:
            async with asyncio.timeout(5):
                body = json.loads(await request.read())
        except TimeoutError:
            return web.Response(status=408)
        except (ValueError, RecursionError):
            return web.Response(status=400)
        if not isinstance(body, dict) or not isinstance(body.get("replica_id"), str):
            return web.Response(status=400)
        if body["replica_id"] in fails:
            fails.discard(body["replica_id"])
            return web.Response(status=503)
        if body.get("status") in ("ready", "error"):
            replicas.ended(body["replica_id"], body["status"], body.get("error_message"))
        return web.Response(status=204)

    async def created(request: web.Request) -> web.Response:
        replicas.created((await request.json())["replica_id"])
        return web.Response(status=204)

    async def fail_next(request: web.Request) -> web.Response:
        fails.add((await request.json())["replica_id"])
        return web.Response(status=204)

    async def state(request: web.Request) -> web.Response:
        return web.json_response(replicas.state(request.match_info["replica_id"]))

    app = web.Application(client_max_size=MAX_BYTES)
    app.add_routes(
        [
            web.post("/hook", hook),
            web.post("/test/created", created),
            web.post("/test/fail_next", fail_next),
            web.get("/test/state/{replica_id}", state),
        ]
    )
    return app


if __name__ == "__main__":
    web.run_app(create_app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), print=None)
