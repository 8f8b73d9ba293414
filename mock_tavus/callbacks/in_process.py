"""Callbacks that never leave the process: which those are, and how they are handed to who takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mock_tavus.background import Background
from mock_tavus.callbacks.receivers import Post, Receive, Response
from mock_tavus.callbacks.sender import MAX_KEPT_BYTES, Sender, callback_content, callback_fields
from mock_tavus.callbacks.targets import Target, TargetPolicy, TargetRefused, is_inbox
from mock_tavus.clock import Clock
from mock_tavus.loops import in_thread
from mock_tavus.messages import DeliveryAttempt

_HERE = ("in-process",)
"""What stands for the addresses of a target that is called in process."""


class InProcessPolicy(TargetPolicy):
    """Judge callback URLs where there is no socket: inboxes are at the vendor's host, and a receiver takes all others.

    Args:
        allowed_hosts: Names or addresses outside this machine that may be called back.
        rewrites: Beginnings of URLs and what to put in their place, the first that fits.
        hosts: The hosts that the emulator answers for.
        has_receiver: Whether a receiver in this process takes what is for other hosts.
    """

    def __init__(
        self,
        allowed_hosts: Sequence[str],
        rewrites: Sequence[tuple[str, str]],
        *,
        hosts: Collection[str],
        has_receiver: bool,
    ) -> None:
        super().__init__(allowed_hosts, rewrites)
        self._own_hosts = hosts
        self._has_receiver = has_receiver

    def target(self, url: str) -> Target:
        """Return where a callback URL leads, after rewriting, if it may be called at all.

        Args:
            url: The URL.

        Raises:
            TargetRefused: It is not a URL that can be called, or not an allowed one.
        """
        target = self.parsed(url)
        if target.host in self._own_hosts:
            if not is_inbox(target.url):
                raise TargetRefused("that is the emulator: a callback reaches its /__inbox/NAME, and nothing else")
            return target
        return target if self._has_receiver else super().target(url)

    def known_addresses(self, target: Target) -> Sequence[str] | None:
        """Return what stands for the addresses of a target in this process; None if its name is to be looked up.

        Args:
            target: Judged by `target`.

        Raises:
            TargetRefused: An address is not allowed.
        """
        is_here = self._has_receiver or target.host in self._own_hosts
        return _HERE if is_here else super().known_addresses(target)


def _guarded(receive: Receive, post: Post) -> Response:
    """Call `receive` with `post`; an exception that would end a test or the interpreter becomes a RuntimeError."""
    try:
        return receive(post)
    except Exception:
        raise
    except BaseException as error:
        raise RuntimeError(f"{type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True)
class InProcessSender:
    """Hand callbacks to who takes them in this process, and send the others.

    Args:
        inbox: Takes what is for an inbox.
        receiver: Takes what is for anybody else; None to send it.
        hosts: The hosts that the emulator answers for.
        otherwise: Sends the others.
        clock: Measures how long an attempt takes.
        timeout: The longest that one attempt may take, in seconds.
        user_agent: The `User-Agent` of callbacks.
        background: Starts a thread for each attempt.
    """

    inbox: Receive
    receiver: Receive | None
    hosts: Collection[str]
    otherwise: Sender
    clock: Clock
    timeout: float
    user_agent: str
    background: Background

    async def send(self, target: Target, addresses: Sequence[str], body: Any, at: float) -> DeliveryAttempt:
        """Try once to hand a callback over.

        Args:
            target: Where to.
            addresses: The target's addresses, all of them allowed.
            body: The JSON value to post.
            at: The account's moment, for the record.
        """
        receive = self.inbox if target.host in self.hosts else self.receiver
        if receive is None:
            return await self.otherwise.send(target, addresses, body, at)
        started = self.clock.monotonic()
        status: int | None = None
        error: str | None = None
        text = b""
        try:
            async with asyncio.timeout(self.timeout):
                status, text = await in_thread(self._submit, partial(_guarded, receive, self._post(target, body)))
            error = None if 200 <= status < 300 else f"answered {status}"
        except TimeoutError:
            error = f"no answer within {self.timeout:g} s"
        except Exception as failure:
            error = f"the receiver raised {type(failure).__name__}: {failure}"[:300]
        duration = self.clock.monotonic() - started
        return DeliveryAttempt(at, duration, status, error, text[:MAX_KEPT_BYTES], len(text))

    def _post(self, target: Target, body: Any) -> Post:
        content = callback_content(body)
        return Post(target, body, content, callback_fields(target, self.user_agent, content))

    def _submit(self, job: Callable[[], None]) -> None:
        if not self.background.try_start("callback", job):
            raise RuntimeError("the system has no room for one more thread")
