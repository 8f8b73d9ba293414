from __future__ import annotations

from collections.abc import Sequence

import pytest

from mock_tavus.callbacks.rewrites import THIS_MACHINE
from mock_tavus.callbacks.targets import TargetPolicy, TargetRefused, resolve_name
from mock_tavus.errors import ConfigError

ADDRESSES = {
    "app.test": ["10.0.0.7"],
    "host.docker.internal": ["192.168.65.2"],
    "evil.test": ["127.0.0.1", "93.184.216.34"],
    "cloud.test": ["169.254.169.254"],
    "mapped.test": ["::ffff:169.254.169.254"],
    "allowed.example": ["93.184.216.34"],
    "meta.example": ["169.254.169.254"],
    "scoped.test": ["fe80::1%eth0"],
    "zero.test": ["0.0.0.0"],
    "here.test": ["127.0.0.1"],
    "localhost": ["127.0.0.1", "::1"],
    "ec2.test": ["fd00:ec2::254"],
}


DOORS = [("127.0.0.1", 4010), ("127.0.0.1", 4011), ("::1", 4012), ("0.0.0.0", 4013)]
"""Where the emulator that asks listens."""


def resolve(host: str, port: int) -> Sequence[str]:
    if host not in ADDRESSES:
        raise OSError("no such name")
    return ADDRESSES[host]


def judge(url: str, policy: TargetPolicy | None = None) -> Sequence[str]:
    policy = policy or TargetPolicy(doors=DOORS, resolve=resolve)
    return policy.addresses(policy.target(url))


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("http://127.0.0.1:9000/hook?a=b", ["127.0.0.1"]),
        ("https://10.1.2.3/", ["10.1.2.3"]),
        ("http://172.31.255.255/", ["172.31.255.255"]),
        ("http://192.168.0.1:80/", ["192.168.0.1"]),
        ("http://[::1]:9000/", ["::1"]),
        ("http://[fd00::1]/", ["fd00::1"]),
        ("http://[::ffff:127.0.0.1]/", ["::ffff:7f00:1"]),
        ("http://app.test/", ["10.0.0.7"]),
        ("http://APP.TEST./", ["10.0.0.7"]),
        ("http://host.docker.internal:3000/", ["192.168.65.2"]),
        ("http://127.0.0.1:4010/__inbox/a", ["127.0.0.1"]),
        ("http://127.0.0.1:4010/__inbox/a%20b?c=d", ["127.0.0.1"]),
        ("http://localhost:4011/__inbox/a", ["127.0.0.1", "::1"]),
        ("http://127.0.0.1:4014/__admin/", ["127.0.0.1"]),
        ("http://127.0.0.2:4010/v2/replicas", ["127.0.0.2"]),
        ("http://10.0.0.7:4013/v2/replicas", ["10.0.0.7"]),
    ],
)
def test_what_is_on_this_machine_or_beside_it_may_be_called(url: str, addresses: list[str]) -> None:
    assert judge(url) == addresses


@pytest.mark.parametrize(
    "url",
    [
        "https://yourwebsite.com/webhook",
        "http://93.184.216.34/",
        "http://172.32.0.1/",
        "http://[2606:2800::1]/",
        "http://evil.test/",
        "http://localhost.evil.com/",
        "http://2130706433/",
        "http://127.1/",
        "http://0x7f.0.0.1/",
        "http://user@yourwebsite.com:80@127.0.0.1.example/",
    ],
)
def test_everything_else_is_held_back_with_a_hint(url: str) -> None:
    with pytest.raises(TargetRefused, match=r"is not on this machine\. .*--allow-callback-host .*--callback-rewrite"):
        judge(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://0.0.0.0:9000/",
        "http://[::]/",
        "http://224.0.0.1/",
        "http://cloud.test/",
        "http://mapped.test/",
        "http://scoped.test/",
        "http://zero.test/",
        "http://meta.example/",
        "http://127.0.0.1:4010/__admin/health",
        "http://localhost:4010/__admin",
        "http://127.0.0.1:4010//__admin/reset",
        "http://127.0.0.1:4010/x/../__admin/reset",
        "http://127.0.0.1:4010/%5F%5fadmin/reset",
        "http://127.0.0.1:4010/__ADMIN/reset",
        "http://127.0.0.1:4011/__admin/clock/freeze?all=true",
        "http://127.0.0.1:4011/v2/replicas",
        "http://127.0.0.1:4011/",
        "http://127.0.0.1:4011/__inbox",
        "http://127.0.0.1:4011/__inbox/",
        "http://127.0.0.1:4011/__inbox/../__admin/reset",
        "http://127.0.0.1:4011/__inbox/%2e%2e/__admin/reset",
        "http://127.0.0.1:4011/__inbox/%252e%252e/__admin/reset",
        "http://127.0.0.1:4011//__inbox/a",
        "http://[::ffff:127.0.0.1]:4011/__admin/reset",
        "http://app.localhost:4011/__admin/reset",
        "http://[::1]:4012/__admin/reset",
        "http://localhost:4012/__admin/reset",
        "http://127.0.0.1:4013/__admin/reset",
        "http://127.0.0.9:4013/__admin/reset",
        "http://here.test:4010/__admin/reset",
        "http://[fd00:ec2::254]/latest/meta-data",
        "http://[fd20:ce::254]/computeMetadata/v1/",
        "http://ec2.test/latest/meta-data",
    ],
)
def test_some_targets_are_never_called_even_if_allowed(url: str) -> None:
    allowed = [
        "fd00:ec2::254",
        "fd20:ce::254",
        "here.test",
        "169.254.169.254",
        "fe80::1",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "meta.example",
        "127.0.0.1",
        "cloud.test",
    ]

    with pytest.raises(TargetRefused, match="never"):
        judge(url, TargetPolicy(allowed, doors=DOORS, resolve=resolve))


@pytest.mark.parametrize("url", ["", "hook", "ftp://127.0.0.1/", "http://", "http://[", "http://127.0.0.1:99999/"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused, match=r"expected http://|not a URL"):
        judge(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1%2eattacker.example:9000/",
        "http://127.0.0.1%25x.evil.com/",
        "http://[::1%25x.evil.com]/",
        "http://[fe80::1%25eth0]/",
        "http://127.0.0.1:4010\\@127.0.0.1:9/../__admin/health",
        "http://127.0.0.1:9\\/../__admin/",
        "http://127.0.0.1\t.evil.com/",
        "http://127.0.0.1 .evil.com/",
        "http://[127.0.0.1]/",
        "http://127.0.0.1/\x00",
    ],
)
def test_what_two_readers_could_read_differently_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        judge(url, TargetPolicy(doors=DOORS, resolve=lambda host, port: pytest.fail(f"{host} was looked up")))


def test_a_rewritten_url_is_judged_by_where_it_leads() -> None:
    policy = TargetPolicy(rewrites=[("https://hook.example", "http://127.0.0.1:4010/__admin")], doors=DOORS)

    with pytest.raises(TargetRefused, match="this emulator listens there"):
        policy.target("https://hook.example/reset?all=true")


@pytest.mark.parametrize("url", ["http://127.0.0.1:0/hook", "https://127.0.0.1:00/hook"])
def test_port_0_is_not_taken_for_80(url: str) -> None:
    with pytest.raises(TargetRefused, match="expected a port from 1 to 65535"):
        judge(url)


def test_what_is_no_host_cannot_be_allowed() -> None:
    with pytest.raises(ConfigError, match="allow-callback-host: not a host"):
        TargetPolicy(["ü" * 100])


def test_names_in_other_scripts_are_compared_in_ascii() -> None:
    policy = TargetPolicy(["münchen.example"], resolve=lambda host, port: ["93.184.216.34"])

    assert policy.target("https://MÜNCHEN.example/").host == "xn--mnchen-3ya.example"


def test_a_name_without_an_address_is_refused() -> None:
    with pytest.raises(TargetRefused, match=r"unknown\.test has no address \(no such name\)"):
        judge("http://unknown.test/")


def test_no_name_is_looked_up_for_a_target_that_is_held_back() -> None:
    def never(host: str, port: int) -> Sequence[str]:
        pytest.fail(f"{host} was looked up")

    with pytest.raises(TargetRefused):
        TargetPolicy(resolve=never).target("https://yourwebsite.com/webhook")


def test_a_host_can_be_allowed() -> None:
    policy = TargetPolicy(["Allowed.Example", "93.184.216.35", "[2606:2800::1]"], resolve=resolve)

    assert judge("https://allowed.example/hook", policy) == ["93.184.216.34"]
    assert judge("http://93.184.216.35/", policy) == ["93.184.216.35"]
    assert judge("http://[2606:2800::1]/", policy) == ["2606:2800::1"]
    with pytest.raises(TargetRefused):
        judge("https://sub.allowed.example/", policy)


@pytest.mark.parametrize(
    ("url", "rewritten"),
    [
        ("https://yourwebsite.com", "http://127.0.0.1:9000"),
        ("https://yourwebsite.com/webhook?a=b", "http://127.0.0.1:9000/webhook?a=b"),
        ("https://yourwebsite.com?a", "http://127.0.0.1:9000?a"),
        ("https://other.com/api/v1", "http://localhost/v1"),
        ("https://third.com/v1?a", "http://localhost:9000/v1?a"),
    ],
)
def test_the_beginning_of_a_url_can_be_rewritten(url: str, rewritten: str) -> None:
    rules = [
        ("https://yourwebsite.com", "http://127.0.0.1:9000"),
        ("https://other.com/api/", "http://localhost/"),
        ("https://third.com/", "http://localhost:9000"),
    ]

    assert TargetPolicy(rewrites=rules).target(url).url == rewritten


@pytest.mark.parametrize(
    "url", ["https://yourwebsite.com.evil.net/", "https://yourwebsite.com:8443/", "http://other.com/"]
)
def test_only_whole_parts_of_a_url_are_rewritten(url: str) -> None:
    with pytest.raises(TargetRefused):
        TargetPolicy(rewrites=[("https://yourwebsite.com", "http://127.0.0.1:9000")]).target(url)


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("http://127.0.0.1:9000/", "127.0.0.1:9000"),
        ("http://localhost/", "localhost"),
        ("https://localhost:443/", "localhost"),
        ("http://[::1]:80/", "[::1]"),
        ("http://[::1]:81/", "[::1]:81"),
    ],
)
def test_the_receiver_is_told_the_name_in_the_url(url: str, header: str) -> None:
    assert TargetPolicy().target(url).host_header == header


def test_localhost_and_below_are_this_machine() -> None:
    assert resolve_name("localhost", 80) == resolve_name("app.localhost", 80) == ["127.0.0.1", "::1"]
    assert resolve_name("127.0.0.1", 80) == ["127.0.0.1"]


@pytest.mark.parametrize(
    "url",
    [
        "http://app:3000/hook",
        "http://app.internal/",
        "http://printer.local/",
        "http://nas.lan/",
        "http://nas.home.arpa/",
        "http://app.default.svc.cluster.local/",
    ],
)
def test_names_of_private_networks_are_called_if_every_address_is_private(url: str) -> None:
    def answering(*addresses: str) -> TargetPolicy:
        return TargetPolicy(resolve=lambda host, port: addresses)

    assert judge(url, answering("172.18.0.3")) == ["172.18.0.3"]
    assert judge(url, answering("127.0.0.1", "fd00::7")) == ["127.0.0.1", "fd00::7"]
    for addresses in (["93.184.216.34"], ["172.18.0.3", "93.184.216.34"]):
        with pytest.raises(TargetRefused, match="is not on this machine"):
            judge(url, answering(*addresses))
    with pytest.raises(TargetRefused, match="link-local"):
        judge(url, answering("169.254.169.254"))


@pytest.mark.parametrize(
    "url", ["http://internal/", "http://9app/", "http://notinternal.com/", "http://a.internal.com/"]
)
def test_names_that_only_look_so_are_looked_up_no_more_than_before(url: str) -> None:
    looked_up: list[str] = []

    def resolve_one(host: str, port: int) -> Sequence[str]:
        looked_up.append(host)
        return ["93.184.216.34"]

    with pytest.raises(TargetRefused, match="is not on this machine"):
        judge(url, TargetPolicy(resolve=resolve_one))
    assert looked_up == (["internal"] if url == "http://internal/" else [])


@pytest.mark.parametrize(
    ("url", "led"),
    [
        ("http://localhost:3000/hook?a=b", "http://host.docker.internal:3000/hook?a=b"),
        ("https://127.0.0.1/hook", "https://host.docker.internal/hook"),
        ("http://user:word@[::1]:3000/", "http://user:word@host.docker.internal:3000/"),
        ("http://app.localhost:3000/", "http://host.docker.internal:3000/"),
        ("http://192.168.0.7:3000/", "http://192.168.0.7:3000/"),
    ],
)
def test_another_host_can_take_the_place_of_this_machine(url: str, led: str) -> None:
    assert TargetPolicy(rewrites=[(THIS_MACHINE, "host.docker.internal")]).target(url).url == led


def test_a_url_that_is_none_is_told_so_with_another_host_in_place_of_this_machine_too() -> None:
    with pytest.raises(TargetRefused, match="expected http"):
        TargetPolicy(rewrites=[(THIS_MACHINE, "host.docker.internal")]).target("nonsense")
