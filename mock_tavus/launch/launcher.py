"""Become a command, in a mount namespace in which the vendor's host has an address of this machine.

A program of its own, which imports nothing of the package, for it stands between `run` and the command: it has one
thread, so that it may leave its namespaces, and it costs a few milliseconds. Its arguments: the file that takes the
place of /etc/hosts, empty for none; the host; its address; then the command.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000  # unshare(2)
_PRIVATE, _RECURSIVE, _BIND = 1 << 18, 1 << 14, 1 << 12  # mount(2)
_NOT_FOUND, _NOT_RUNNABLE = 127, 126  # as shells have it


def main(hosts: str, host: str, address: str, *command: str) -> None:
    """Put the hosts file in place, and become the command.

    Args:
        hosts: What takes the place of /etc/hosts; empty for none.
        host: The vendor's host.
        address: The address that the file gives it.
        command: The command and its arguments.
    """
    reason = _lead(hosts, host, address)
    if reason:
        _say(
            f"{reason}: a program that ignores proxies could reach the real {host}. Its key is a made-up one, unless "
            "it has one of its own."
        )
    try:
        os.execvp(command[0], command)  # noqa: S606 - what this program is for
    except FileNotFoundError:
        _say(f"{command[0]}: no such command")
        sys.exit(_NOT_FOUND)
    except OSError as error:
        _say(f"{command[0]} cannot be run: {error.strerror}")
        sys.exit(_NOT_RUNNABLE)


def _lead(hosts: str, host: str, address: str) -> str:
    """Give the host its address, for this process and what it starts; return why that cannot be, empty if it can."""
    if not hosts or not sys.platform.startswith("linux"):
        return "this system has no mount namespaces"
    try:
        _enter(hosts)
        found = {each[4][0] for each in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except (OSError, AttributeError) as error:
        return f"this process may not have a hosts file of its own ({getattr(error, 'strerror', '') or error})"
    if found - {address, f"::ffff:{address}"}:
        return "this system does not read the hosts file first"
    return ""


def _enter(hosts: str) -> None:
    """Mount the file over /etc/hosts, where nobody else sees it.

    Raises:
        OSError: The system does not let this process do so.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    try:
        _must(libc.unshare(_NEW_MOUNTS))
    except PermissionError:
        _must(libc.unshare(_NEW_USERS | _NEW_MOUNTS))
        _map(0, user, 0, group)
    _must(libc.mount(b"none", b"/", None, _PRIVATE | _RECURSIVE, None))
    _must(libc.mount(hosts.encode(), b"/etc/hosts", None, _BIND, None))
    if os.getuid() != user:  # in a namespace of users, where this process is root: give it back who it was
        _must(libc.unshare(_NEW_USERS))
        _map(user, 0, group, 0)


def _map(user: int, outside_user: int, group: int, outside_group: int) -> None:
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {outside_user} 1"),
        ("gid_map", f"{group} {outside_group} 1"),
    ):
        try:
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        except OSError:
            if name != "setgroups":  # it has been denied already
                raise


def _must(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _say(text: str) -> None:
    sys.stderr.write(f"mock-tavus: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
