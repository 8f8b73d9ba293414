"""One connection to the https door: what the client wants of it, and how its bytes are passed on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
from collections.abc import Iterator

from mock_tavus.loops import readable
from mock_tavus.proxy.heads import HeadError, ProxyHead
from mock_tavus.proxy.hosts import VENDOR_HOST
from mock_tavus.proxy.tunnels import Streams, TunnelRefused, Tunnels

_FIRST_BYTES_WITHIN = 30.0  # seconds
_ENDS_WITHIN = 2.0  # seconds
_TAKES_WITHIN = 30.0
"""How long a client may take nothing of what is left of a response, in seconds."""

_LOOKS_EVERY = 0.02  # seconds
_CHUNK = 64 * 1024
_MAX_HEAD = 64 * 1024
_TLS = b"\x16"
"""How a TLS handshake begins (RFC 8446, section 5.1)."""

_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Linux alone has it."""

Address = tuple[str, int]


class _Refused(Exception):
    """A request is answered here, because it is not for the emulator."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@contextlib.contextmanager
def _refusing(host: str) -> Iterator[None]:
    """Turn what goes wrong on the way to a host into an answer."""
    try:
        yield
    except TunnelRefused as refusal:
        raise _Refused(403, str(refusal)) from refusal
    except (OSError, TimeoutError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "no answer"
        raise _Refused(502, f"{host} cannot be reached: {reason}") from error


class ProxyConnection:
    """One connection to the https door.

    Args:
        connected: The socket.
        peer: The address at its other end.
        main: Where the emulator's main door listens.
        context: What TLS is spoken with.
        tunnels: Which other hosts can be reached.
        hosts: Which hosts are the emulator.
    """

    def __init__(
        self,
        connected: socket.socket,
        peer: str,
        main: Address,
        context: ssl.SSLContext,
        tunnels: Tunnels,
        hosts: frozenset[str],
    ) -> None:
        self._socket = connected
        self._peer = peer
        self._main = main
        self._context = context
        self._tunnels = tunnels
        self._hosts = hosts
        self._loop = asyncio.get_running_loop()
        self._writers: list[asyncio.StreamWriter] = []
        self.last_heard = self._loop.time()
        """When something last came from the client, on the loop's clock."""

    async def run(self) -> None:
        """Serve the connection until either side has ended it."""
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            try:
                await self._serve()
            except _Refused as refusal:
                await self._refuse(refusal)

    def close(self) -> None:
        """Close every socket of the connection at once."""
        for writer in self._writers:
            with contextlib.suppress(Exception):  # Python 3.11 raises for one that has just been closed
                writer.transport.abort()
        self._socket.close()

    async def _serve(self) -> None:
        first = await self._peek()
        if first == _TLS:
            await self._relay_to_main(b"", is_tls=True)
        elif first:
            await self._serve_proxied()

    async def _serve_proxied(self) -> None:
        """Serve a program that uses this port as its proxy."""
        head, rest = await self._read_head()
        if head.host == "":
            raise _Refused(
                400,
                f"this port speaks https, and is a proxy for {VENDOR_HOST}; over http, the emulator is at port "
                f"{self._main[1]}",
            )
        is_ours = head.host in self._hosts
        if head.method == "CONNECT":
            if is_ours and rest[:1] == _TLS:  # it would have to be put back
                raise _Refused(400, "expected nothing before the response to CONNECT, received bytes of TLS")
            upstream = None if is_ours else await self._tunnel(head)
            await self._loop.sock_sendall(self._socket, b"HTTP/1.1 200 Connection established\r\n\r\n")
            if upstream is not None:
                await self._relay(await self._streams(None), upstream, rest)
            else:
                await self._relay_to_main(rest, is_tls=not rest and await self._peek() == _TLS)
        elif is_ours:  # some clients send even https in clear to their proxy
            await self._relay_to_main(head.passed_on() + rest, is_tls=False)
        else:
            await self._relay_to_http_proxy(head, rest)

    async def _tunnel(self, head: ProxyHead) -> Streams:
        with _refusing(head.host):
            streams = await self._tunnels.open(head.host, head.port, self._peer)
        self._writers.append(streams[1])
        return streams

    async def _relay_to_http_proxy(self, head: ProxyHead, rest: bytes) -> None:
        """Pass a request in clear for another host on to the proxy that it would have gone to."""
        with _refusing(head.host):
            proxy, streams = await self._tunnels.open_for_http(head.host, self._peer)
        self._writers.append(streams[1])
        await self._relay(await self._streams(None), streams, head.passed_to_proxy(proxy.authorization) + rest)

    async def _peek(self) -> bytes:
        """Return the first byte that the client sends next, which stays to be read; empty if it has gone."""
        async with asyncio.timeout(_FIRST_BYTES_WITHIN):
            await readable(self._socket.fileno())
        self.last_heard = self._loop.time()
        return self._socket.recv(1, socket.MSG_PEEK)

    async def _read_head(self) -> tuple[ProxyHead, bytes]:
        """Return the head of a request, and what has come of the rest."""
        read = b""
        async with asyncio.timeout(_FIRST_BYTES_WITHIN):
            while b"\r\n\r\n" not in read:
                if len(read) > _MAX_HEAD:
                    raise _Refused(431, f"the head of the request is longer than {_MAX_HEAD} bytes")
                if not (data := await self._loop.sock_recv(self._socket, _CHUNK)):
                    raise ConnectionError
                read += data
        head, _, rest = read.partition(b"\r\n\r\n")
        try:
            return ProxyHead.parse(head), rest
        except HeadError as error:
            raise _Refused(400, str(error)) from error

    async def _refuse(self, refusal: _Refused) -> None:
        """Answer, with the reason in the status line, too: many clients show nothing else of a proxy's answer."""
        body = json.dumps({"message": str(refusal)}, ensure_ascii=False).encode()
        reason = str(refusal).encode("ascii", "replace").decode()
        head = (
            f"HTTP/1.1 {refusal.status} {reason}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        await self._loop.sock_sendall(self._socket, head.encode() + body)

    async def _relay_to_main(self, begun: bytes, *, is_tls: bool) -> None:
        """Pass everything on to the emulator's main door.

        Args:
            begun: What goes before the rest.
            is_tls: Whether the client speaks TLS from here on.
        """
        client = await self._streams(self._context if is_tls else None)
        upstream = await asyncio.open_connection(*self._main, limit=_CHUNK)
        self._writers.append(upstream[1])
        await self._relay(client, upstream, begun)

    async def _streams(self, context: ssl.SSLContext | None) -> Streams:
        reader = asyncio.StreamReader(limit=_CHUNK)
        protocol = asyncio.StreamReaderProtocol(reader)
        timeout = None if context is None else _FIRST_BYTES_WITHIN
        transport, _ = await self._loop.connect_accepted_socket(
            lambda: protocol, self._socket, ssl=context, ssl_handshake_timeout=timeout
        )
        writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
        self._writers.append(writer)
        return reader, writer

    async def _relay(self, client: Streams, upstream: Streams, begun: bytes) -> None:
        """Pass on what comes from either side until one of them has ended."""
        upstream[1].write(begun)
        from_client = self._loop.create_task(self._pump(client[0], upstream[1], is_client=True))
        from_upstream = self._loop.create_task(self._pump(upstream[0], client[1], is_client=False))
        pumps = {from_client, from_upstream}
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if from_client.done() and not from_upstream.done():  # it has sent all, and may still read
                await asyncio.wait({from_upstream})
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        await self._end(client[1])

    async def _end(self, client: asyncio.StreamWriter) -> None:
        """Close the connection once the client has taken all that was written, or takes nothing any more."""
        left = client.transport.get_write_buffer_size()
        while left > 0 and not client.transport.is_closing():
            before, taken_by = left, self._loop.time() + _TAKES_WITHIN
            while left == before and self._loop.time() < taken_by and not client.transport.is_closing():
                await asyncio.sleep(_LOOKS_EVERY)
                left = client.transport.get_write_buffer_size()
            if left == before:
                break
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_ENDS_WITHIN):
                client.close()
                await client.wait_closed()

    def _acknowledge_at_once(self) -> None:
        """Have what the client sends next acknowledged at once: some clients send the body only after that.

        urllib3, for one, lets the system gather what it sends to a proxy (Nagle), and would wait 40 ms.
        """
        if _QUICK_ACK is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_client: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if is_client:
                    self.last_heard = self._loop.time()
                writer.write(data)
                await writer.drain()
                self._acknowledge_at_once()
            if writer.can_write_eof():
                writer.write_eof()
