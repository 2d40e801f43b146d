"""Imported first: puts the support code of the system tests on the path."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CRASH_POINTS = ROOT / "server/base/crash_point.def"
RESULTS = ROOT / "bench/results"
sys.path.insert(0, str(ROOT / "tests/system"))
