"""Broken clients, one defect each, named after the check that is to catch it: `REQ_05_strips`.

They share the steps of a correct client on http.client, and each overrides the one that it gets wrong.
"""

from __future__ import annotations

import base64
import gzip
import html
import http.client
import inspect
import json
import os
import posixpath
import re
import socket
import ssl
import sys
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from tests.contract_tests.clients.correct import ClientError, check_key, read_answer

Answer = tuple[int, Mapping[str, str], bytes]


class Correct:
    """The steps of a correct client."""

    def __call__(self, base_url: str, api_key: str, body: dict[str, Any], timeout: float = 30) -> Any:
        self.check(api_key, body)
        url = self.url(base_url)
        status, _, content = self.send(url, self.headers(api_key), self.encode(self.options(body)), timeout)
        return self.read(status, content)

    def check(self, api_key: str, body: dict[str, Any]) -> None:
        check_key(api_key)

    def url(self, base_url: str) -> str:
        return f"{base_url}/v2/replicas"

    def headers(self, api_key: str) -> dict[str, str]:
        return {"content-type": "application/json", "x-api-key": api_key}

    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return body

    def encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(body).encode()

    def send(self, url: str, headers: dict[str, str], content: bytes, timeout: float, method: str = "POST") -> Answer:
        parts = urlsplit(url)
        try:
            connection = self.connect(parts.scheme, parts.netloc, timeout)
            try:
                connection.request(method, urlunsplit(("", "", parts.path, parts.query, "")), content or None, headers)
                answer = connection.getresponse()
                return answer.status, dict(answer.getheaders()), answer.read()
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            kind = "timeout" if isinstance(error, TimeoutError) else "transport"
            raise ClientError(f"{type(error).__name__}: {error}", kind=kind) from error

    def connect(self, scheme: str, netloc: str, timeout: float) -> http.client.HTTPConnection:
        if scheme == "https":
            return http.client.HTTPSConnection(netloc, timeout=timeout)
        return http.client.HTTPConnection(netloc, timeout=timeout)

    def read(self, status: int, content: bytes) -> Any:
        return read_answer(status, content)


correct = Correct()


class REQ_01_slash(Correct):
    def url(self, base_url: str) -> str:
        return f"{base_url}/v2/replicas/"


class REQ_01_query(Correct):
    def url(self, base_url: str) -> str:
        return f"{base_url}/v2/replicas?client=1"


class REQ_01_twice(Correct):
    def send(self, *given: Any, **more: Any) -> Answer:
        super().send(*given, **more)
        return super().send(*given, **more)


class REQ_02_form(Correct):
    def headers(self, api_key: str) -> dict[str, str]:
        return {**super().headers(api_key), "content-type": "application/x-www-form-urlencoded"}


class REQ_02_none(Correct):
    def headers(self, api_key: str) -> dict[str, str]:
        return {"x-api-key": api_key}


class REQ_03_mark(Correct):
    def encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(body).encode("utf-8-sig")


class REQ_03_latin(Correct):
    def encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(body, ensure_ascii=False).encode("latin-1", "replace")


class REQ_03_pasted(Correct):
    def encode(self, body: dict[str, Any]) -> bytes:
        fields = []
        for name, value in body.items():
            fields.append(f'"{name}": "{value}"' if isinstance(value, str) else f'"{name}": {json.dumps(value)}')
        return ("{" + ", ".join(fields) + "}").encode()


class REQ_04_characters(Correct):
    def encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(body, ensure_ascii=False).encode()

    def send(self, url: str, headers: dict[str, str], content: bytes, timeout: float, method: str = "POST") -> Answer:
        return super().send(url, {**headers, "content-length": str(len(content.decode()))}, content, timeout)


def each_text(value: Any, change: Any, is_url: bool | None = None, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: each_text(one, change, is_url, key) for key, one in value.items()}
    if isinstance(value, str) and is_url in (None, name.endswith("_url")):
        return change(value)
    return value


class Texts(Correct):
    is_url: bool | None = False

    def change(self, text: str) -> str:
        raise NotImplementedError

    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return dict(each_text(body, self.change, self.is_url))


class REQ_05_strips(Texts):
    def change(self, text: str) -> str:
        return text.strip()


class REQ_05_composes(Texts):
    def change(self, text: str) -> str:
        return unicodedata.normalize("NFC", text)


class REQ_05_truncates(Texts):
    def change(self, text: str) -> str:
        return text[:255]


class REQ_05_ascii(Texts):
    def change(self, text: str) -> str:
        return text.encode("ascii", "replace").decode()


class REQ_05_c_string(Texts):
    def change(self, text: str) -> str:
        return text.partition("\0")[0]


class REQ_05_line_ends(Texts):
    def change(self, text: str) -> str:
        return text.replace("\r\n", "\n")


class REQ_05_bmp(Texts):
    def change(self, text: str) -> str:
        return "".join(char if ord(char) < 0x10000 else "\ufffd" for char in text)


class REQ_05_entities(Texts):
    def change(self, text: str) -> str:
        return html.unescape(text)


class REQ_06_quotes(Texts):
    is_url = True

    def change(self, text: str) -> str:
        return quote(text, safe=":/?&=#")


class REQ_06_lowers(Texts):
    is_url = True

    def change(self, text: str) -> str:
        return text.lower()


class REQ_06_normalises(Texts):
    is_url = True

    def change(self, text: str) -> str:
        parts = urlsplit(text)
        return urlunsplit(parts._replace(path=posixpath.normpath(parts.path) if parts.path else "/"))


class REQ_06_plus(Texts):
    is_url = True

    def change(self, text: str) -> str:
        return text.replace("+", "%20")


class REQ_07_nulls(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"callback_url": None, "replica_name": None, **body}


class REQ_08_falsy(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if value}


class REQ_08_nested(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {
            name: {key: one for key, one in value.items() if one} if isinstance(value, dict) else value
            for name, value in body.items()
        }


class REQ_09_text(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {
            name: {key: str(one).lower() for key, one in value.items()} if isinstance(value, dict) else value
            for name, value in body.items()
        }


class REQ_09_numbers(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {
            name: int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
            for name, value in body.items()
        }


class REQ_09_words(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        words = {"true": True, "false": False}
        return {name: words.get(value, value) if isinstance(value, str) else value for name, value in body.items()}


class REQ_11_hopes(Correct):
    def read(self, status: int, content: bytes) -> Any:
        return {"replica_id": "pending", "status": "started"} if status == 400 else super().read(status, content)


class REQ_12_keeps(Correct):
    kept: dict[str, Any] = {}

    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        self.kept.update(body)
        return dict(self.kept)


class REQ_12_keeps_nested(Correct):
    kept: dict[str, Any] = {}

    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        self.kept.update(body.get("properties", {}))
        return {**body, "properties": dict(self.kept)} if "properties" in body or self.kept else body


class REQ_15_camel(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"callbackUrl" if name == "callback_url" else name: value for name, value in body.items()}


class REQ_15_forgets(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if name != "model_name"}


class REQ_15_nested(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        properties = body.get("properties")
        if not isinstance(properties, dict):
            return body
        return {**body, "properties": {name: one for name, one in properties.items() if name != "gaze_correction"}}


class AUT_01_lowers(Correct):
    def headers(self, api_key: str) -> dict[str, str]:
        return super().headers(api_key.lower())


class AUT_01_bearer(Correct):
    def headers(self, api_key: str) -> dict[str, str]:
        return {**super().headers(api_key), "authorization": f"Bearer {api_key}"}


class AUT_01_quoted(Correct):
    def headers(self, api_key: str) -> dict[str, str]:
        return super().headers(quote(api_key))


class AUT_01_query(Correct):
    def __call__(self, base_url: str, api_key: str, body: dict[str, Any], timeout: float = 30) -> Any:
        self.key = api_key
        return super().__call__(base_url, api_key, body, timeout)

    def url(self, base_url: str) -> str:
        return f"{base_url}/v2/replicas?key={self.key}"


class AUT_02_once(Correct):
    has_failed = False

    def headers(self, api_key: str) -> dict[str, str]:
        return {"content-type": "application/json"} if self.has_failed else super().headers(api_key)

    def read(self, status: int, content: bytes) -> Any:
        self.has_failed = self.has_failed or status >= 500
        return super().read(status, content)


class AUT_02_reconnect(AUT_02_once):
    def send(self, *given: Any, **more: Any) -> Answer:
        try:
            return super().send(*given, **more)
        except ClientError:
            self.has_failed = True
            raise


class AUT_02_per_key(Correct):
    """Keep headers for each key, and drop the key after a 401."""

    kept: dict[str, dict[str, str]] = {}
    latest = ""

    def headers(self, api_key: str) -> dict[str, str]:
        self.latest = api_key
        return self.kept.setdefault(api_key, super().headers(api_key))

    def read(self, status: int, content: bytes) -> Any:
        if status == 401:
            self.kept[self.latest].pop("x-api-key", None)
        return super().read(status, content)


class AUT_03_first_key(Correct):
    key: str | None = None

    def headers(self, api_key: str) -> dict[str, str]:
        self.key = self.key or api_key
        return super().headers(self.key)


class AUT_03_first_url(Correct):
    base_url: str | None = None

    def url(self, base_url: str) -> str:
        self.base_url = self.base_url or base_url
        return super().url(self.base_url)


class Raw(Correct):
    """Speak HTTP by hand."""

    def send(self, url: str, headers: dict[str, str], content: bytes, timeout: float, method: str = "POST") -> Answer:
        parts = urlsplit(url)
        head = f"{method} {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head += f"Content-Length: {len(content)}\r\n\r\n"
        try:
            with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=timeout) as connected:
                connected.sendall(head.encode() + content)
                answer = self.receive(connected)
        except OSError as error:
            raise ClientError(str(error), kind="transport") from error
        return self.parse(answer)

    def receive(self, connected: socket.socket) -> bytes:
        data = b""
        while part := connected.recv(65536):
            data += part
        return data

    def parse(self, answer: bytes) -> Answer:
        top, _, content = answer.partition(b"\r\n\r\n")
        try:
            status = int(top[9:12])
        except ValueError:
            raise ClientError("no HTTP", kind="invalid_response") from None
        length = re.search(rb"Content-Length: (\d+)", top)
        if length is None or len(content) < int(length[1]):
            raise ClientError("the answer is not whole", kind="transport")
        return status, {}, content[: int(length[1])]


class AUT_04_injects(Raw):
    def check(self, api_key: str, body: dict[str, Any]) -> None:
        pass


class OKP_01_other(Correct):
    def read(self, status: int, content: bytes) -> Any:
        return {"replica_id": super().read(status, content)["replica_id"][1:]}


class OKP_01_status(Correct):
    def read(self, status: int, content: bytes) -> Any:
        return {**super().read(status, content), "status": "ready"}


class OKP_02_strict(Correct):
    def read(self, status: int, content: bytes) -> Any:
        found = super().read(status, content)
        if set(json.loads(content)) - {"replica_id", "status"}:
            raise ClientError("unknown fields", status)
        return found


class OKP_02_error_key(Correct):
    def read(self, status: int, content: bytes) -> Any:
        found = super().read(status, content)
        if "error" in json.loads(content):
            raise ClientError("an error", status)
        return found


class OKP_02_first(Correct):
    def read(self, status: int, content: bytes) -> Any:
        super().read(status, content)
        return {"replica_id": next(iter(json.loads(content).values()))}


class OKP_02_id(Correct):
    def read(self, status: int, content: bytes) -> Any:
        found = super().read(status, content)
        return {"replica_id": json.loads(content).get("id") or found["replica_id"]}


class OKP_03_regex(Correct):
    def read(self, status: int, content: bytes) -> Any:
        super().read(status, content)
        found = re.search(rb'"replica_id": ?"(r\w+)"', content)
        if found is None:
            raise ClientError("no id", status)
        return {"replica_id": found[1].decode()}


class OKP_03_header_case(Raw):
    pass


class OKP_04_one_read(Raw):
    def receive(self, connected: socket.socket) -> bytes:
        return connected.recv(65536)

    def parse(self, answer: bytes) -> Answer:
        top, _, content = answer.partition(b"\r\n\r\n")
        return int(top[9:12] or 0), {}, content


class OKP_04_parts(Correct):
    """Decode each write by itself."""

    def send(self, url: str, headers: dict[str, str], content: bytes, timeout: float, method: str = "POST") -> Answer:
        status, answered, data = super().send(url, headers, content, timeout)
        return status, answered, b"" if "Transfer-Encoding" in answered else data


class OKP_05_gzip(Correct):
    def headers(self, api_key: str) -> dict[str, str]:
        return {**super().headers(api_key), "accept-encoding": "gzip"}


class OKP_05_chunks(Correct):
    """Take compressed answers, and forget about those in chunks."""

    def headers(self, api_key: str) -> dict[str, str]:
        return {**super().headers(api_key), "accept-encoding": "gzip"}

    def send(self, *given: Any, **more: Any) -> Answer:
        status, answered, data = super().send(*given, **more)
        if answered.get("Content-Encoding") == "gzip" and "Transfer-Encoding" not in answered:
            data = gzip.decompress(data)
        return status, answered, data


class OKP_08_any(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status != 200:
            return super().read(status, content)
        try:
            return json.loads(content)
        except ValueError:
            return {}


class OKP_08_get(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status != 200:
            return super().read(status, content)
        answer = json.loads(content)
        return {"replica_id": answer.get("replica_id")} if isinstance(answer, dict) else {}


class OKP_08_number(Correct):
    def read(self, status: int, content: bytes) -> Any:
        answer = json.loads(content) if status == 200 else None
        if isinstance(answer, dict) and answer.get("replica_id"):
            return {"replica_id": str(answer["replica_id"])}
        return super().read(status, content)


class ERR_01_mute(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status == 400:
            raise ClientError("400 Bad Request", status)
        return super().read(status, content)


class ERR_01_latin(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status == 400:
            raise ClientError(f"{status}: {json.loads(content.decode('latin-1'))['error']}", status)
        return super().read(status, content)


class ERR_01_pieces(Correct):
    """Decode what comes piece by piece."""

    def read(self, status: int, content: bytes) -> Any:
        pieces = [content[at : at + 16].decode(errors="replace") for at in range(0, len(content), 16)]
        return super().read(status, "".join(pieces).encode())


class ERR_02_same(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status in (400, 401):
            answer = json.loads(content)
            raise ClientError(str(answer.get("error") or answer.get("message")))
        return super().read(status, content)


class ERR_03_shape(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status == 400:
            raise ClientError(json.loads(content)["error"], status)
        return super().read(status, content)


class ERR_03_json(Correct):
    def read(self, status: int, content: bytes) -> Any:
        json.loads(content)
        return super().read(status, content)


class ERR_04_json(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status >= 500:
            json.loads(content)
        return super().read(status, content)


class ERR_07_dies(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status == 400 and len(content) > 100_000:
            os._exit(1)
        return super().read(status, content)


class ERR_07_escapes(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status == 400 and b"\\u0000" in content:
            os.abort()
        return super().read(status, content)


class ERR_07_formats(Correct):
    def read(self, status: int, content: bytes) -> Any:
        try:
            return super().read(status, content)
        except ClientError as error:
            try:
                told = f"{error}" % ()
            except (TypeError, ValueError) as unformatted:
                raise ClientError(str(unformatted)) from None
            raise ClientError(told, error.http_status) from None


class ERR_08_only_error(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status == 401:
            raise ClientError(str(json.loads(content).get("error")), kind="invalid_response")
        return super().read(status, content)


class ERR_08_success(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status == 401:
            return {"replica_id": None, "status": json.loads(content).get("message")}
        return super().read(status, content)


class TRN_01_retries(Correct):
    def send(self, *given: Any, **more: Any) -> Answer:
        try:
            return super().send(*given, **more)
        except ClientError as error:
            if error.kind != "transport":
                raise
            return super().send(*given, **more)


class TRN_01_unreadable(Correct):
    def send(self, *given: Any, **more: Any) -> Answer:
        answer = super().send(*given, **more)
        if answer[0] == 200 and not answer[2].startswith(b"{"):
            return super().send(*given, **more)
        return answer


class TRN_02_stale(Correct):
    used = False

    def send(self, *given: Any, **more: Any) -> Answer:
        try:
            answer = super().send(*given, **more)
        except ClientError as error:
            if error.kind != "transport" or not self.used:
                raise
            return super().send(*given, **more)
        self.used = True
        return answer


class TRN_03_retries(Correct):
    def send(self, *given: Any, **more: Any) -> Answer:
        try:
            return super().send(*given, **more)
        except ClientError as error:
            if error.kind != "timeout":
                raise
            return super().send(*given, **more)


class TRN_04_forgets(Correct):
    def send(self, url: str, headers: dict[str, str], content: bytes, timeout: float, method: str = "POST") -> Answer:
        return super().send(url, headers, content, 60)


class TRN_06_partial(Correct):
    """Make the best of what came."""

    def send(self, url: str, headers: dict[str, str], content: bytes, timeout: float, method: str = "POST") -> Answer:
        parts = urlsplit(url)
        connection = self.connect(parts.scheme, parts.netloc, timeout)
        try:
            connection.request(method, parts.path, content, headers)
            answer = connection.getresponse()
            try:
                data = answer.read()
            except http.client.IncompleteRead as error:
                data = error.partial
            return answer.status, {}, data
        except (OSError, http.client.HTTPException) as error:
            raise ClientError(str(error), kind="transport") from error
        finally:
            connection.close()

    def read(self, status: int, content: bytes) -> Any:
        found = re.search(rb'"replica_id": ?"(r\w+)', content)
        return {"replica_id": found[1].decode()} if status == 200 and found else super().read(status, content)


class TRN_08_leftovers(Correct):
    """Read one connection by hand, and leave in it what was not asked for."""

    kept: dict[str, socket.socket] = {}

    def send(self, url: str, headers: dict[str, str], content: bytes, timeout: float, method: str = "POST") -> Answer:
        parts = urlsplit(url)
        if parts.scheme == "https":
            return super().send(url, headers, content, timeout)
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head += f"Content-Length: {len(content)}\r\n\r\n"
        try:
            if parts.netloc not in self.kept:
                self.kept[parts.netloc] = socket.create_connection((parts.hostname or "", parts.port or 80))
            connected = self.kept[parts.netloc]
            connected.settimeout(timeout)
            connected.sendall(head.encode() + content)
            answer = http.client.HTTPResponse(connected, method="POST")
            answer.fp.close()
            answer.fp = connected.makefile("rb", buffering=0)  # type: ignore[assignment]
            answer.begin()
            return answer.status, {}, answer.read()
        except TimeoutError as error:
            raise ClientError(str(error), kind="timeout") from error
        except (OSError, http.client.HTTPException) as error:
            self.kept.pop(parts.netloc, socket.socket()).close()
            raise ClientError(str(error), kind="transport") from error


class TRN_06_remembers(Correct):
    """Return what came before when the connection breaks."""

    before: dict[str, Any] = {}

    def __call__(self, base_url: str, api_key: str, body: dict[str, Any], timeout: float = 30) -> Any:
        try:
            self.before[api_key] = super().__call__(base_url, api_key, body, timeout)
        except ClientError as error:
            if error.kind != "transport" or api_key not in self.before:
                raise
        return self.before[api_key]


class TRN_11_retries(Correct):
    def send(self, *given: Any, **more: Any) -> Answer:
        answer = super().send(*given, **more)
        return super().send(*given, **more) if answer[0] >= 500 else answer


class TRN_11_gateway(Correct):
    def send(self, *given: Any, **more: Any) -> Answer:
        answer = super().send(*given, **more)
        return super().send(*given, **more) if answer[0] == 504 else answer


class TRN_11_empty(Correct):
    def send(self, *given: Any, **more: Any) -> Answer:
        answer = super().send(*given, **more)
        return super().send(*given, **more) if answer[0] >= 500 and not answer[2] else answer


class Follows(Correct):
    statuses = range(300, 400)
    keeps_method = True
    keeps_key = True

    def send(self, url: str, headers: dict[str, str], content: bytes, timeout: float, method: str = "POST") -> Answer:
        answer = super().send(url, headers, content, timeout, method)
        for _ in range(3):
            location = {name.lower(): value for name, value in answer[1].items()}.get("location")
            if answer[0] not in self.statuses or location is None:
                break
            if not self.keeps_key:
                headers = {name: value for name, value in headers.items() if name != "x-api-key"}
            if not self.keeps_method and answer[0] < 307:
                method, content = "GET", b""
            answer = super().send(location, headers, content, timeout, method)
        return answer


class SEC_01_follows(Follows):
    pass


class SEC_01_permanent(Follows):
    statuses = range(308, 309)


class SEC_02_gets(Follows):
    keeps_method = False
    keeps_key = False


class SEC_03_prints(Correct):
    def headers(self, api_key: str) -> dict[str, str]:
        print(f"creating a replica with {api_key}", file=sys.stderr)
        return super().headers(api_key)


class SEC_03_stdout(Correct):
    def headers(self, api_key: str) -> dict[str, str]:
        found = super().headers(api_key)
        print("headers:", found)
        return found


class SEC_03_message(Correct):
    def __call__(self, base_url: str, api_key: str, body: dict[str, Any], timeout: float = 30) -> Any:
        try:
            return super().__call__(base_url, api_key, body, timeout)
        except ClientError as error:
            raise ClientError(f"{error} (key {api_key})", error.http_status) from error


class SEC_03_encoded(Correct):
    def headers(self, api_key: str) -> dict[str, str]:
        print("debug:", base64.b64encode(api_key.encode()).decode(), file=sys.stderr)
        return super().headers(api_key)


class SEC_03_timeout(Correct):
    def send(self, url: str, headers: dict[str, str], content: bytes, timeout: float, method: str = "POST") -> Answer:
        try:
            return super().send(url, headers, content, timeout, method)
        except ClientError as error:
            told = f"{error}: {headers}" if error.kind == "timeout" else str(error)
            raise ClientError(told, kind=error.kind) from None


class SEC_04_downgrades(Follows):
    def send(self, url: str, headers: dict[str, str], content: bytes, timeout: float, method: str = "POST") -> Answer:
        if url.startswith("https:"):
            return super().send(url, headers, content, timeout, method)
        return Correct.send(self, url, headers, content, timeout, method)


class SEC_05_trusts_all(Correct):
    def connect(self, scheme: str, netloc: str, timeout: float) -> http.client.HTTPConnection:
        if scheme == "https":
            context = ssl._create_unverified_context()  # noqa: S323
            return http.client.HTTPSConnection(netloc, timeout=timeout, context=context)
        return super().connect(scheme, netloc, timeout)


class SEC_05_any_name(Correct):
    def connect(self, scheme: str, netloc: str, timeout: float) -> http.client.HTTPConnection:
        if scheme == "https":
            context = ssl.create_default_context()
            context.check_hostname = False
            return http.client.HTTPSConnection(netloc, timeout=timeout, context=context)
        return super().connect(scheme, netloc, timeout)


MUTANTS = {
    name: f"{name[:3]}-{name[4:6]}"
    for name, found in list(globals().items())
    if inspect.isclass(found) and re.match(r"[A-Z]{3}_\d\d_", name)
}
"""From a mutant's name to the check that is to catch it."""

for _name in MUTANTS:
    globals()[f"client_{_name}"] = globals()[_name]()
