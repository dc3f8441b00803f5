"""Locks a program in before it starts: limits, no network, and no files but those it needs.

Run as a program of its own (``python -m digitalpost.conversion.cage``), because what it gives up
cannot be had back. Whatever the kernel refuses is left out: the limits always hold, and the office
program's own settings keep it from the network where the kernel does not.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import struct
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from digitalpost.processes import die_with_parent

_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000
_PR_SET_NO_NEW_PRIVS = 38
# landlock(7): numbers of the calls are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_READ = 0b1101  # execute, read file, read directory
_DEVICE = 0b0110  # write file, read file
_SOCKET = 1 << 9 | 1 << 5  # make a socket, remove a file
_ALL = (1 << 13) - 1
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_TCP = 0b11  # bind, connect
_ON_FILES = 0b0111 | 1 << 14  # execute, write, read, truncate: what a plain file can have
_READABLE = (
    *("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/proc", "/sys/devices/system/cpu"),
    *("/etc/fonts", "/etc/libreoffice", "/etc/alternatives", "/etc/ld.so.cache"),
    *("/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/localtime"),
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/papersize", "/etc/locale.alias"),
    *(
        "/var/cache/fontconfig",
        "/var/lib/libreoffice",
        "/var/spool/libreoffice",
        "/nix/store",
        "/snap",
    ),
)
# LibreOffice puts the socket by which it knows a second start of itself here, whatever TMPDIR says.
_SOCKET_PLACES = ("/tmp", "/var/tmp")  # noqa: S108
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/dev/tty")


@dataclass(frozen=True)
class Cage:
    """What the program may use. Times in CPU seconds, sizes in bytes."""

    command: tuple[str, ...]
    folder: str  # the only place that it may write
    readable: tuple[str, ...]  # beside what belongs to the system
    parent: int
    cpu_seconds: int
    memory: int
    file_bytes: int

    def as_json(self) -> str:
        """For the command line of `main`."""
        return json.dumps(asdict(self))


def main(text: str) -> None:
    """Become the program that the `Cage` in ``text`` describes. Does not return."""
    cage = Cage(**json.loads(text))
    die_with_parent(cage.parent)
    os.chdir(cage.folder)
    os.umask(0o077)
    _limit(cage)
    _leave_network()
    _close_files(cage)
    os.execv(cage.command[0], cage.command)  # noqa: S606 - a fixed program, no shell


def _limit(cage: Cage) -> None:
    for what, most in (
        (resource.RLIMIT_CORE, 0),  # a core file would hold people's letters
        (resource.RLIMIT_CPU, cage.cpu_seconds),
        (resource.RLIMIT_AS, cage.memory),
        (resource.RLIMIT_FSIZE, cage.file_bytes),
    ):
        resource.setrlimit(what, (most, most))


def _leave_network() -> None:
    """A network of its own with nothing in it, where the kernel lets us."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        for name, content in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            Path(f"/proc/self/{name}").write_text(content)


def _close_files(cage: Cage) -> None:
    """Landlock: a document that links to a file on this machine must not get it into a PDF."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return
    handled = _ALL | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    rules = struct.pack("=QQ", handled, _TCP) if version >= 4 else struct.pack("=Q", handled)
    ruleset = libc.syscall(_CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), 0)
    if ruleset < 0:
        return
    for path in (*_READABLE, *cage.readable):
        _allow(libc, ruleset, path, _READ)
    for path in _DEVICES:
        _allow(libc, ruleset, path, _DEVICE)
    for path in _SOCKET_PLACES:
        _allow(libc, ruleset, path, _SOCKET)
    _allow(libc, ruleset, cage.folder, handled)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this machine
    if not Path(path).is_dir():
        rights &= _ON_FILES
    rule = struct.pack("=Qi", rights, place)
    libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    os.close(place)


if __name__ == "__main__":
    main(sys.argv[1])
