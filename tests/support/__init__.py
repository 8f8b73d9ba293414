"""What several tests share."""

from tests.support.api import SEED_PAGE_BODIES, Api
from tests.support.receiver import Receiver
from tests.support.terminal import Terminal
from tests.support.waiting import has_ended, wait_until

__all__ = ["SEED_PAGE_BODIES", "Api", "Receiver", "Terminal", "has_ended", "wait_until"]
