"""Become a command, in a mount namespace in which the vendor's host has an address of this machine.

A program of its own, which imports nothing of the package, for it stands between `run` and the command: it has one
thread, so that it may leave its namespaces, and it costs a few milliseconds. Its arguments: the file that takes the
place of /etc/hosts, empty for none; the host; its address; how many files it may open; then the command.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import socket
import sys

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000  # unshare(2)
_PRIVATE, _RECURSIVE, _BIND = 1 << 18, 1 << 14, 1 << 12  # mount(2)
_NOT_FOUND, _NOT_RUNNABLE = 127, 126  # as shells have it


def main(hosts: str, host: str, address: str, files: str, *command: str) -> None:
    """Put the hosts file in place, and become the command.

    Args:
        hosts: What takes the place of /etc/hosts; empty for none.
        host: The vendor's host.
        address: The address that the file gives it.
        files: How many files the command may open: as many as before `run` raised its own limit.
        command: The command and its arguments.
    """
    reason = _lead(hosts, host, address)
    if reason:
        _say(f"{reason}: a program that ignores proxies could reach the real {host}")
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and a command would go on with that
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(files), resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    try:
        _become(command)
    except FileNotFoundError:
        _say(f"{command[0]}: no such command")
        sys.exit(_NOT_FOUND)
    except OSError as error:
        _say(f"{command[0]} cannot be run: {error.strerror}")
        sys.exit(_NOT_RUNNABLE)


def _become(command: tuple[str, ...]) -> None:
    """Execute a command; a script that does not say what reads it is the shell's.

    Raises:
        OSError: It cannot be executed.
    """
    try:
        os.execvp(command[0], command)  # noqa: S606 - what this program is for
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        os.execv("/bin/sh", ["sh", *command])  # noqa: S606


def _lead(hosts: str, host: str, address: str) -> str:
    """Give the host its address, for this process and what it starts; return why that cannot be, empty if it can."""
    if not hosts or not sys.platform.startswith("linux"):
        return "this system has no mount namespaces"
    try:
        _try_in_a_child(hosts)
        _enter(hosts)
        found = {each[4][0] for each in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except (OSError, AttributeError) as error:
        return f"this process may not have a hosts file of its own ({getattr(error, 'strerror', '') or error})"
    if found - {address, f"::ffff:{address}"}:
        return "this system does not read the hosts file first"
    return ""


def _try_in_a_child(hosts: str) -> None:
    """Be sure that all of it can be done: what fails half way would leave the command with another identity.

    Raises:
        OSError: It cannot be done.
    """
    child = os.fork()
    if child == 0:
        try:
            _enter(hosts)
        except OSError as error:
            os._exit(min(error.errno or 1, 255))
        except BaseException:
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != 0:
        raise OSError(code, os.strerror(code) if code > 0 else "the attempt was killed")


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
