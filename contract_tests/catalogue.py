"""What is checked, as data: ids, levels, authorities, titles, and the harm when it is not so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_LEVELS = {"M": "must", "S": "should", "I": "info"}
_WAYS = {"P": "plain", "H": "drawn", "SM": "sequence"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the catalogue.

    Args:
        check_id: Stable: rows are added, never renumbered.
        level: `must`, `should` or `info`.
        how: `plain` cases, `drawn` by Hypothesis, or drawn `sequence`s of calls.
        title: What the client does if it passes.
        authority: `vendor-doc`, `rfc` or `house`.
        reference: Where that stands.
        harm: What happens to the user of a client that does not, in plain words.
        evidence: What a case must have shown to be judged: a `request` that reached the emulator; a `refusal`, where it
            is right, too, that the client refuses the call by itself; or a `connection`.
    """

    check_id: str
    level: str
    how: str
    title: str
    authority: str
    reference: str
    harm: str
    evidence: str = "request"


_DOC = ("vendor-doc", "POST /v2/replicas, the vendor's reference page")

_ROWS: tuple[tuple[str, str, str, tuple[str, str], str], ...] = (
    ("REQ-01", "M/P", "sends one POST to exactly /v2/replicas, without a query", _DOC,
     "The request goes where nobody answers it, or a training is bought twice."),
    ("REQ-02", "M/P", "declares application/json", _DOC,
     "The API takes the body for something else, and refuses it."),
    ("REQ-03", "M/H", "sends one valid UTF-8 JSON object: no byte order mark, no key twice, no NaN", ("rfc", "RFC 8259"),
     "Some names and URLs make the API refuse the whole request, or read another value than the one meant."),
    ("REQ-04", "M/H", "frames the body correctly", ("rfc", "RFC 9112, section 6"),
     "With some texts the body is cut off or never ends, and the request hangs or is refused."),
    ("REQ-05", "M/H", "keeps strings identical", _DOC,
     "Names arrive changed: accents lost, spaces trimmed, symbols turned into question marks."),
    ("REQ-06", "M/H", "does not re-quote, lower-case or normalise URLs", ("rfc", "RFC 3986, section 6"),
     "A signed URL no longer works when it is changed, and the training fails hours later, once it has been paid for."),
    ("REQ-07", "M/H", "leaves an option out that was not given, rather than sending null", _DOC,
     "The API refuses null, or takes it for a value."),
    ("REQ-08", "M/H", "sends an explicit empty string, false or {}", _DOC,
     "What the user has switched off on purpose stays on, because the client takes false for 'not given'."),
    ("REQ-09", "M/H", "keeps types: true is not \"true\", \"123\" is not 123", _DOC,
     "The API refuses the request, or a name such as 00123 loses its zeros."),
    ("REQ-10", "S/H", "passes keys through that it does not know", ("house", "new options appear before clients do"),
     "Options that the vendor adds cannot be used until the client is changed."),
    ("REQ-11", "M/P", "without train_video_url: refuses by itself, or surfaces the 400", _DOC,
     "The user believes that a training is under way, and waits for ever."),
    ("REQ-12", "M/SM", "carries no field over from an earlier call", ("house", "calls are independent"),
     "A replica gets the name, the video or the callback of another one."),
    ("REQ-13", "S/P", "honours the path of the base URL", ("rfc", "RFC 3986, section 5"),
     "The client cannot be used through a gateway."),
    ("REQ-14", "S/P", "escapes a lone surrogate, or refuses it cleanly", ("rfc", "RFC 8259, section 8.2"),
     "A broken character in a name ends the program, or is sent as bytes that are no UTF-8."),
    ("REQ-15", "M/H", "sends every option it was given, under its documented name", _DOC,
     "An option is silently ignored: no callback comes, or the wrong model is trained."),
    ("AUT-01", "M/H", "sends the exact key once, in x-api-key and nowhere else", _DOC,
     "The API refuses a key that was changed, and a key in another place ends up in logs."),
    ("AUT-02", "M/SM", "still sends the key on later calls, after errors and reconnects", _DOC,
     "After one bad moment, everything is answered 401 until the program is started anew."),
    ("AUT-03", "M/SM", "uses the key and the base URL of this call, not of an earlier one",
     ("house", "calls are independent"),
     "One customer's training is billed to another one's account."),
    ("AUT-04", "M/P", "rejects CR or LF in a key", ("rfc", "RFC 9110, section 5.5"),
     "Whoever can set the key can add headers of their own to the request."),
    ("AUT-05", "S/P", "refuses an empty key by itself", ("house", "an empty variable is the most frequent mistake"),
     "A variable that was not set is told as an 'invalid token', and the user looks for the fault elsewhere."),
    ("OKP-01", "M/P", "returns the id, and the status if it returns one", _DOC,
     "The training runs and is billed, but its id is lost."),
    ("OKP-02", "M/H", "takes unknown fields, in any order", ("house", "the vendor adds fields"),
     "A field that the vendor adds breaks the client, while the training runs."),
    ("OKP-03", "M/H", "takes any form of JSON, and any case of header names", ("rfc", "RFC 8259; RFC 9110, section 5.1"),
     "Another proxy in front of the API breaks the client, while the training runs."),
    ("OKP-04", "M/H", "takes chunked bodies, and writes split anywhere", ("rfc", "RFC 9112, section 7.1"),
     "On a slow line the answer is misread, while the training runs."),
    ("OKP-05", "M/P", "takes gzip if it has asked for it", ("rfc", "RFC 9110, section 8.4"),
     "A server that takes the client at its word sends an answer that it cannot read."),
    ("OKP-06", "S/P", "takes the content type in another case, with a charset", ("rfc", "RFC 9110, section 8.3.1"),
     "A harmless change of a header breaks the client."),
    ("OKP-07", "S/P", "does not fail on a status that it does not know", ("house", "the vendor adds statuses"),
     "A new status such as 'queued' is told as a failure, and the training is bought again."),
    ("OKP-08", "M/P", "never calls a 200 without an id a success", _DOC,
     "An error page of a proxy is taken for a training that has started, and the user waits for ever."),
    ("ERR-01", "M/P", "surfaces the text of a 400", _DOC,
     "The user is not told what is wrong with the request."),
    ("ERR-02", "M/P", "lets a 401 be told from a 400", _DOC,
     "A wrong key looks like a wrong request, and the user mends the wrong thing."),
    ("ERR-03", "M/P", "keeps the status when the body has another shape", ("rfc", "RFC 9110, section 15"),
     "An error is told as a fault of the client's own, or not at all."),
    ("ERR-04", "M/P", "keeps the status of a 5xx with HTML or nothing", ("rfc", "RFC 9110, section 15.6"),
     "'Unexpected token <' hides that the server is down."),
    ("ERR-05", "S/P", "after a 429, never comes back early and never waits for ever", ("rfc", "RFC 6585; RFC 9110, 10.2.3"),
     "The client is locked out for longer, or hangs for a day."),
    ("ERR-06", "S/P", "does not take a 2xx that is not documented for a create", _DOC,
     "Something that was only accepted, or is empty, is told as a training that has started."),
    ("ERR-07", "M/H", "survives a hostile error text", ("house", "error texts are somebody else's input"),
     "A long or strange error text ends the program."),
    ("ERR-08", "M/P", "surfaces the text of a 401", _DOC,
     "The user is not told that the key is wrong."),
    ("TRN-01", "M/P", "buys one training when the answer is lost", ("rfc", "RFC 9110, section 9.2.2"),
     "A retry after a lost connection buys the same training twice."),
    ("TRN-02", "M/P", "buys one training when the answer is lost on a connection that was used before",
     ("rfc", "RFC 9112, section 9.3.1"),
     "A retry on a stale connection buys the same training twice."),
    ("TRN-03", "M/P", "does not repeat a create that outlasts its timeout", ("rfc", "RFC 9110, section 9.2.2"),
     "On a slow day every training is bought twice."),
    ("TRN-04", "M/P", "ends in time when the server hangs", ("house", "a caller has given a timeout"),
     "One server that hangs stops the whole program."),
    ("TRN-05", "S/P", "is not held past its deadline by one byte at a time", ("house", "a caller has given a timeout"),
     "A slow server holds the program for as long as it likes."),
    ("TRN-06", "M/H", "takes an answer that was cut for an error", ("rfc", "RFC 9112, section 8"),
     "Half an answer is told as a success, with half an id or none."),
    ("TRN-07", "S/P", "takes 100 and 103 interim answers", ("rfc", "RFC 9110, section 15.2"),
     "A proxy that sends hints first breaks the client."),
    ("TRN-08", "M/SM", "the call after an error or a fault gets its own answer", ("rfc", "RFC 9112, section 9.3"),
     "A call returns the id of another one, and from then on everything is mixed up."),
    ("TRN-09", "S/P", "bounds an answer that is too large", ("house", "an answer has 50 bytes"),
     "One bad answer fills the memory."),
    ("TRN-10", "S/P", "reports a refused connection as an error of transport", ("house", "callers retry these only"),
     "The caller cannot tell a server that is down from a refusal."),
    ("TRN-11", "M/P", "does not repeat a create after a 500, 502 or 504", ("rfc", "RFC 9110, section 9.2.2"),
     "The server may have acted before it failed: the same training is bought twice."),
    ("SEC-01", "M/P", "lets the key not follow a redirect to another origin", ("rfc", "RFC 9110, section 15.4"),
     "Whoever can cause a redirect gets the API key."),
    ("SEC-02", "M/P", "does not report a redirect that became a GET as created", ("rfc", "RFC 9110, section 15.4"),
     "Nothing was created, and the user waits for ever."),
    ("SEC-03", "M/P", "keeps the key out of the URL, its output and its error texts", ("house", "logs are read by many"),
     "The API key ends up in logs and bug reports."),
    ("SEC-04", "M/P", "does not take the key from https to http", ("rfc", "RFC 9110, section 17.13"),
     "The API key crosses the network in clear."),
    ("SEC-05", "M/P", "verifies TLS certificates", ("rfc", "RFC 9110, section 4.3.4"),
     "Anyone on the network can read the key, and answer in the API's place."),
    ("SEC-06", "S/P", "does not print signed media URLs", ("house", "a signed URL is a secret"),
     "Whoever reads the logs can fetch the video of a person."),
)  # fmt: skip


_EVIDENCE = {
    **dict.fromkeys(("REQ-11", "REQ-14", "AUT-04", "AUT-05"), "refusal"),
    **dict.fromkeys(("TRN-10", "SEC-04", "SEC-05"), "connection"),
}
"""What other checks are judged by than a request."""


def _entry(check_id: str, kind: str, title: str, source: tuple[str, str], harm: str) -> Entry:
    level, how = kind.split("/")
    return Entry(check_id, _LEVELS[level], _WAYS[how], title, *source, harm, _EVIDENCE.get(check_id, "request"))


CATALOGUE: Mapping[str, Entry] = {row[0]: _entry(*row) for row in _ROWS}
