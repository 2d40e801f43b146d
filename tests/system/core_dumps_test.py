"""Core files: what lies in the daemon's memory (passwords, texts, numbers) does not come to a disk by way of a crash."""

import pathlib
import resource
import unittest

from support import case


class CoreDumps(case.SystemCase):
    @classmethod
    def prepare(cls):
        # The daemon inherits what a shell gives: as much as there is.
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        if hard == 0:
            raise unittest.SkipTest("nobody may have a core file here")
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_CORE, (soft, hard))

    def core_limits(self):
        """Soft and hard, as an operator reads them."""
        for line in pathlib.Path(f"/proc/{self.hub.child.pid}/limits").read_text().splitlines():
            if line.startswith("Max core file size"):
                return line.split()[4:6]
        raise AssertionError("the kernel names no limit of core files")

    def test_1_there_is_none(self):
        self.assertEqual(["0", "0"], self.core_limits())

    def test_2_unless_the_setting_says_so(self):
        self.hub.write_config({"node": {"core_dumps": "on"}})
        self.restart_hub()
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        as_given = "unlimited" if hard == resource.RLIM_INFINITY else str(hard)
        self.assertEqual([as_given] * 2, self.core_limits())


if __name__ == "__main__":
    case.main()
