"""Take the pictures of the dashboard: `make images`."""

from __future__ import annotations

from pathlib import Path

import requests

from mock_tavus import Config, MockServer
from tests.support.browser import open_browser

FOLDER = Path(__file__).parents[1] / "docs" / "images"


def fill(url: str) -> None:
    """Make requests of every kind, and let time pass."""
    headers = {"x-api-key": "my-local-key"}

    def send(method: str, path: str, body: object = None, **more: str) -> dict[str, object]:
        response = requests.request(method, f"{url}{path}", json=body, headers={**headers, **more}, timeout=10)
        answer: dict[str, object] = response.json()
        return answer

    def create(**fields: str) -> str:
        body = {"train_video_url": "https://example.com/me.mp4", "callback_url": f"{url}/__inbox/first", **fields}
        return str(send("POST", "/v2/replicas", body)["replica_id"])

    create(replica_name="Rio")
    create(replica_name="Mira", train_video_url="https://example.com/video_fps.mp4")
    send("POST", "/__admin/clock/advance", {"by": "5h"})
    create(replica_name="Ada")
    send("POST", "/__admin/clock/advance", {"by": "2h"})
    create(replica_name="Bo", callback_url="https://yourwebsite.com/webhook")
    send("GET", "/v2/replica")
    send("POST", "/v2/replicas", {"trainVideoUrl": "https://example.com/me.mp4"})
    outcome = {"status": 503, "retry_after": 30}
    send("POST", "/__admin/scenarios", {"times": 2, "match": {"operation": "createReplica"}, "outcome": outcome})


def main() -> None:
    """Write the pictures beside this file."""
    with (
        MockServer(Config(training_time=5 * 3600, seed=1, openapi=Path("openapi/tavus.yaml"))) as server,
        open_browser() as browser,
    ):
        page = browser.new_page(viewport={"width": 1360, "height": 620})
        page.goto(f"{server.base_url}/__admin/")
        page.locator("#live.on").wait_for()
        page.screenshot(path=FOLDER / "dashboard-empty.png")
        fill(server.base_url)
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1360, "height": 900}, color_scheme=scheme)
            page.goto(f"{server.base_url}/__admin/")
            page.locator("#live.on").wait_for()
            page.locator("#requests > li summary").first.click()
            page.mouse.move(0, 0)
            page.screenshot(path=FOLDER / f"dashboard-{scheme}.png")


if __name__ == "__main__":
    main()
