"""Send one callback over real HTTP, to exactly the address that was judged."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from mock_tavus.callbacks.targets import Target
from mock_tavus.clock import Clock
from mock_tavus.messages import DeliveryAttempt, Json

MAX_RESPONSE_BYTES = 64 * 1024
"""How much of a receiver's answer is read and remembered."""


class CallbackSender:
    """Post callbacks, each in a session of its own, so that one receiver leaves nothing behind for the next.

    Args:
        clock: Gives the moment of an attempt, and measures how long it takes.
        timeout: The longest that one attempt may take from connecting to the end of the answer, in seconds.
        user_agent: What the receiver is told about the sender.
    """

    def __init__(self, clock: Clock, timeout: float, user_agent: str) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._stopping = False
        self._timeout = timeout
        self._headers = {
            "User-Agent": user_agent,
            "Content-Type": "application/json",
            "Accept": "*/*",
            "Connection": "close",
        }
        self._open: set[_Watch] = set()

    def send(self, target: Target, addresses: Sequence[str], body: Json, at: float) -> DeliveryAttempt:
        """Try once to post a callback.

        Args:
            target: Where to.
            addresses: The target's addresses, all of them allowed; the first that connects is used.
            body: The JSON object to post.
            at: The account's moment, for the record.
        """
        started = self._clock.monotonic()
        watch = _Watch(started + self._timeout)
        with self._changed:
            self._open.add(watch)
            if len(self._open) == 1:  # all others have an earlier deadline, which is waited for
                self._changed.notify_all()
        try:
            outcome = self._post(target, addresses, body, watch)
        finally:
            with self._changed:
                self._open.discard(watch)
        return DeliveryAttempt(at=at, duration=self._clock.monotonic() - started, **outcome)

    def watch_deadlines(self) -> None:
        """End each attempt that outlasts the timeout, until `abort_all` is called; this takes a thread.

        Read time-outs hold for each read, so a receiver that drips would never meet one: this one holds for all.
        """
        while True:
            with self._changed:
                if self._stopping:
                    return
                now = self._clock.monotonic()
                late = [watch for watch in self._open if watch.deadline <= now]
                if not late:
                    wait = min((watch.deadline - now for watch in self._open), default=threading.TIMEOUT_MAX)
                    self._changed.wait(wait)
                    continue
                self._open.difference_update(late)
            for watch in late:
                watch.expire()

    def abort_all(self) -> None:
        """End every attempt that is under way, because the emulator stops."""
        with self._changed:
            self._stopping = True
            under_way = list(self._open)
            self._changed.notify_all()
        for watch in under_way:
            watch.expire()

    def _post(self, target: Target, addresses: Sequence[str], body: Json, watch: _Watch) -> dict[str, Any]:
        error: Exception | None = None
        for address in addresses:
            with _Session() as session:
                session.trust_env = False  # a proxy from the environment would see what was judged for this machine
                session.mount("http://", _PinnedAdapter(address, watch))
                session.mount("https://", _PinnedAdapter(address, watch))
                try:
                    return self._exchange(session, target, body, watch)
                except requests.exceptions.ConnectTimeout as failure:
                    error = failure
                except requests.exceptions.ConnectionError as failure:
                    if watch.connected or isinstance(failure, requests.exceptions.SSLError):
                        return {"error": self._explain(failure, watch)}
                    error = failure  # nobody is there; the name may have another address
                except (requests.RequestException, HTTPError, OSError, ValueError) as failure:
                    return {"error": self._explain(failure, watch)}
        return {"error": "no address to connect to" if error is None else self._explain(error, watch)}

    def _exchange(self, session: requests.Session, target: Target, body: Json, watch: _Watch) -> dict[str, Any]:
        headers = {**self._headers, "Host": target.host_header}
        request = session.prepare_request(requests.Request("POST", target.url, headers, data=json.dumps(body).encode()))
        if target.url.isascii():
            request.url = target.url.partition("#")[0]  # as the client wrote it: requests would write %7e as ~
        response = session.send(request, timeout=self._timeout, allow_redirects=False, stream=True)
        if watch.expired:  # the head was never finished: what was shut down looks like its end to http.client
            response.close()
            return {"error": self._explain(requests.Timeout(), watch)}
        text = b""
        try:
            text = response.raw.read(MAX_RESPONSE_BYTES, decode_content=False)
        except (requests.RequestException, HTTPError, OSError):
            pass  # the status is the answer; what the receiver adds to it is only kept for the reader
        finally:
            response.close()
        return {"status": response.status_code, "error": _fault(response), "response_body": text}

    def _explain(self, failure: Exception, watch: _Watch) -> str:
        if watch.expired or isinstance(failure, requests.Timeout):
            return f"no answer within {self._timeout:g} s"
        cause: BaseException = failure
        while (deeper := cause.__cause__ or cause.__context__) is not None:
            cause = deeper
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror[:300]
        return f"{type(cause).__name__}: {cause}"[:300]


class _Watch:
    """The socket of one attempt, so that the attempt can be ended from outside, whatever it is waiting for.

    Args:
        deadline: When the attempt is to be ended, in monotonic seconds.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.connected = False
        self.expired = False

    def take(self, connected: socket.socket) -> None:
        with self._lock:
            self._socket = connected
            self.connected = True
            if self.expired:
                self._shut()

    def expire(self) -> None:
        with self._lock:
            self.expired = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it may have ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)


class _Session(requests.Session):
    """Know no redirects: even where they are not to be followed, requests would read the whole answer first."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class _PinnedAdapter(HTTPAdapter):
    """Connect to one address, whatever the name in the URL would resolve to by now."""

    def __init__(self, address: str, watch: _Watch) -> None:
        self._address = address
        self._watch = watch
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: Any = None,
    ) -> HTTPConnectionPool:
        """Return a pool for the address; for https, the certificate must still be for the name."""
        host, tls_options = self.build_connection_pool_key_attributes(request, bool(verify), cert)
        pool_options: dict[str, Any] = dict(tls_options)
        if host["scheme"] == "https":
            pool_options |= {"server_hostname": host["host"], "assert_hostname": host["host"]}
        pool = self.poolmanager.connection_from_host(
            self._address, port=host["port"], scheme=host["scheme"], pool_kwargs=pool_options
        )
        watch = self._watch

        class Connection(pool.ConnectionCls):  # type: ignore[misc, name-defined]
            def connect(self) -> None:
                super().connect()
                watch.take(self.sock)

        pool.ConnectionCls = Connection
        return pool  # type: ignore[no-any-return]


def _fault(response: requests.Response) -> str | None:
    if 200 <= response.status_code < 300:
        return None
    if 300 <= response.status_code < 400 and "location" in response.headers:
        return f"answered {response.status_code}; redirects are not followed"
    return f"answered {response.status_code}"
