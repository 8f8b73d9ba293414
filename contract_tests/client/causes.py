"""What clients do wrong, by cause: findings with one cause are shown together, with how to mend it in each stack."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Cause(StrEnum):
    """What a client does wrong."""

    FOLLOWS_REDIRECTS = "the client follows redirects"
    REPEATS_CREATES = "the client repeats a create that may have taken place"
    NO_DEADLINE = "no deadline covers the whole call"
    TRUSTS_STATUS = "the client takes a response for a success without reading it"
    HIDES_STATUS = "the client does not report the HTTP status"
    HIDES_TEXT = "the client does not report what the API says"
    NO_VERIFICATION = "the client does not verify certificates"
    DROPS_FALSE = "the client takes an empty value for one that was not given"
    DROPS_OPTION = "the client does not know an option"
    RAW_PATH = "the client puts an id into the path as it is"
    POLLS_BY_PROGRESS = "the client does not go by the status"
    GIVES_UP_EARLY = "one failed poll ends the wait"
    POLLS_HARD = "the client polls without a pause"


STACKS: Mapping[str, str] = {
    "python-requests": "requests",
    "python-httpx": "httpx",
    "aiohttp": "aiohttp",
    "Python-urllib": "urllib",
    "python-urllib3": "urllib3",
    "axios": "axios",
    "got": "got",
    "node-fetch": "node-fetch",
    "undici": "fetch",
    "node": "fetch",
    "Go-http-client": "Go net/http",
    "Java-http-client": "Java HttpClient",
    "GuzzleHttp": "Guzzle",
    "Ruby": "Net::HTTP",
    "curl": "curl",
}
"""From the beginning of a User-Agent to what the stack is called."""

_MEND: Mapping[Cause, Mapping[str, str]] = {
    Cause.FOLLOWS_REDIRECTS: {
        "": "Do not follow redirects: the API documents none. Treat a 3xx as an error.",
        "requests": "requests: pass allow_redirects=False, and treat a 3xx as an error.",
        "httpx": "httpx: leave follow_redirects at False, and treat a 3xx as an error.",
        "aiohttp": "aiohttp: pass allow_redirects=False, and treat a 3xx as an error.",
        "urllib": "urllib: install an opener whose HTTPRedirectHandler.redirect_request returns None.",
        "urllib3": "urllib3: pass redirect=False, and treat a 3xx as an error.",
        "axios": "axios: set maxRedirects: 0, and treat a 3xx as an error.",
        "got": "got: set followRedirect: false, and treat a 3xx as an error.",
        "node-fetch": 'node-fetch: pass redirect: "manual", and treat a 3xx as an error.',
        "fetch": 'fetch: pass redirect: "manual" (or "error"), and treat a 3xx as an error.',
        "Go net/http": "net/http: set CheckRedirect to return http.ErrUseLastResponse.",
        "Java HttpClient": "HttpClient: followRedirects(Redirect.NEVER), which is the default.",
        "Guzzle": "Guzzle: pass 'allow_redirects' => false.",
        "Net::HTTP": "Net::HTTP follows nothing by itself: remove the code that does.",
        "curl": "curl: leave out --location (-L).",
    },
    Cause.REPEATS_CREATES: {
        "": "Never send a create again once its request may have been read: look for the replica first, or ask the user.",
        "requests": "requests: leave POST out of Retry(allowed_methods=...), and set connect retries alone.",
        "urllib3": "urllib3: leave POST out of Retry(allowed_methods=...), and set connect retries alone.",
        "axios": "axios-retry: retry only what has no request on the wire; its default leaves POST out.",
        "got": "got: leave POST out of retry.methods, as by default.",
        "Java HttpClient": "HttpClient: start Java with -Djdk.httpclient.enableAllMethodRetry=false, and do not repeat.",
        "Net::HTTP": "Net::HTTP: set max_retries = 0.",
        "curl": "curl: leave out --retry-all-errors for creates.",
    },
    Cause.NO_DEADLINE: {
        "": "Give the whole call a deadline, not each read.",
        "requests": "requests: its timeout is for each read. Stream the body, and stop when the deadline has passed.",
        "httpx": "httpx: its timeout is for each read. Wrap the call in asyncio.timeout, or stop a streamed read.",
        "urllib": "urllib: its timeout is for each read. Read in parts, and stop when the deadline has passed.",
        "fetch": "fetch: pass signal: AbortSignal.timeout(ms), and read the body under the same signal.",
        "axios": "axios: timeout does not cover every phase; pass signal: AbortSignal.timeout(ms), too.",
        "Go net/http": "net/http: set Client.Timeout, or a context with a deadline.",
        "curl": "curl: pass --max-time, not only --connect-timeout.",
    },
    Cause.TRUSTS_STATUS: {
        "": "Call it a success only if the status is 200 and the body is a JSON object with a replica_id, "
        "a string that is not empty.",
    },
    Cause.HIDES_STATUS: {
        "": "Read the status before the body, and report it even if the body cannot be parsed.",
        "requests": "requests: check response.status_code before response.json().",
        "httpx": "httpx: check response.status_code before response.json().",
        "fetch": "fetch: check response.ok before response.json().",
        "axios": "axios: report error.response.status.",
    },
    Cause.HIDES_TEXT: {
        "": "Report the text: `error` in the body of a 400, `message` in that of a 401.",
        "requests": "requests: raise_for_status() does not read the body; read it first.",
        "httpx": "httpx: raise_for_status() does not read the body; read it first.",
        "axios": "axios: report error.response.data, not error.message.",
    },
    Cause.NO_VERIFICATION: {
        "": "Leave the verification of certificates on.",
        "requests": "requests: remove verify=False.",
        "httpx": "httpx: remove verify=False.",
        "fetch": "Node: remove NODE_TLS_REJECT_UNAUTHORIZED and rejectUnauthorized: false.",
        "axios": "axios: remove rejectUnauthorized: false from the agent.",
        "Go net/http": "net/http: remove InsecureSkipVerify.",
        "curl": "curl: leave out --insecure (-k).",
    },
    Cause.DROPS_FALSE: {
        "": "Leave an option out only if it was not given, not if it is empty or false.",
        "requests": "Python: test `is not None`, not the value itself.",
        "httpx": "Python: test `is not None`, not the value itself.",
        "urllib": "Python: test `is not None`, not the value itself.",
        "fetch": "JavaScript: test `!== undefined`, not the value itself.",
        "axios": "JavaScript: test `!== undefined`, not the value itself.",
    },
    Cause.DROPS_OPTION: {"": "Send every option under its documented name, or refuse those that are not known."},
    Cause.RAW_PATH: {
        "": "Percent-encode the id as one path segment, and refuse an empty id, `.` and `..`.",
        "requests": 'Python: urllib.parse.quote(replica_id, safe=""); refuse "", "." and "..".',
        "httpx": 'Python: urllib.parse.quote(replica_id, safe=""); refuse "", "." and "..".',
        "urllib": 'Python: urllib.parse.quote(replica_id, safe=""); refuse "", "." and "..".',
        "fetch": 'JavaScript: encodeURIComponent(id); refuse "", "." and "..".',
        "axios": 'JavaScript: encodeURIComponent(id); refuse "", "." and "..".',
        "Go net/http": 'Go: url.PathEscape(id); refuse "", "." and "..".',
    },
    Cause.POLLS_BY_PROGRESS: {"": "End the wait on the status `completed` or `error`, and on nothing else."},
    Cause.GIVES_UP_EARLY: {"": "After a failed poll, poll again until the wait's own deadline."},
    Cause.POLLS_HARD: {"": "Wait between two polls, and as long as Retry-After says after a 429."},
}


def stack_of(user_agent: str) -> str:
    """Return what stack a client is made with; empty if the header names no known stack.

    Args:
        user_agent: The header that the client has sent.
    """
    return next((stack for name, stack in STACKS.items() if user_agent.startswith(name)), "")


def remedy(cause: str, user_agent: str) -> str:
    """Return how to mend a cause in the stack at hand, or in any; empty for one that is not known.

    Args:
        cause: A `Cause`.
        user_agent: What the client calls itself.
    """
    known = _MEND.get(Cause(cause)) if cause in set(Cause) else None
    return "" if known is None else known.get(stack_of(user_agent), known[""])
