"""A small disk of the journal's own, so that it can be full without hurting anybody: a tmpfs, mounted for one run."""

import ctypes
import os
import pathlib

OCTETS = 48 << 20
MNT_DETACH = 2

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise AssertionError(f"{what}: {os.strerror(code)} (a full disk is tried on a tmpfs, which needs the right to mount)")


class SmallDisk:
    def __init__(self, folder):
        self.mount = pathlib.Path(folder) / "disk"
        self.folder = self.mount / "journal"
        self._ballast = self.mount / "ballast"
        self.mount.mkdir()
        _check(_libc.mount(b"tmpfs", str(self.mount).encode(), b"tmpfs", 0, f"size={OCTETS},mode=0700".encode()),
               f"mount {self.mount}")

    def fill(self):
        """Not an octet is free any more."""
        with open(self._ballast, "ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(1 << 16))
            except OSError:
                pass

    def free(self):
        self._ballast.unlink(missing_ok=True)

    def remove(self):
        _libc.umount2(str(self.mount).encode(), MNT_DETACH)
