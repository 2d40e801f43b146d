"""Includes point down only, and a foreign library's header is included in one folder only."""

import re
import sys
import unittest

import tree

# Bottom first. A folder includes from its own row and the rows above it in this list.
FLOORS = [
    "protocol/wire", "protocol/pdu", "protocol/text", "protocol/receipt",
    "server/base", "server/config", "server/telemetry", "server/access", "server/net", "server/journal", "server/store",
    "server/session", "server/billing", "server/routing", "server/relay", "server/admin", "server",
]

# protocol/'s four folders are one library of equals but for wire, which all stand on.
PROTOCOL_FLOOR = FLOORS.index("protocol/receipt")

# bench/load speaks SMPP over net's loops; it knows nothing of the hub.
LOAD_MAY_INCLUDE = ("protocol/", "server/base/", "server/telemetry/", "server/net/", "bench/load/")

# Header -> the places that may include it. Tests and benches of a folder count as the folder.
FOREIGN = [
    (r"(event2?/.*|event\.h|evutil\.h|openssl/.*)", ["server/net"]),
    (r"libpq.*|pq.*\.h|postgres.*", ["server/store"]),
    (r"(lua.*|lauxlib\.h|lualib\.h|re2/.*)", ["server/routing"]),
    (r"toml\+\+.*|toml\.hpp", ["server/config"]),
    (r"nlohmann/.*", ["server/admin", "tests"]),
    (r"CLI/.*", ["server", "bench/load"]),
    (r"jemalloc/.*", ["server"]),
    (r"tsl/.*", ["server/relay"]),
    (r"crypt\.h", ["server/base"]),
    (r"(gtest|gmock)/.*", ["tests"]),
    (r"benchmark/.*", ["bench/micro"]),
    (r"fmt/.*", ["server", "bench", "tests"]),
]

STANDARD = re.compile(r"^(c?[a-z_]+|(sys|netinet|arpa|linux|net)/[a-z_0-9]+\.h|[a-z_0-9]+\.h)$")


def floor_of(path):
    """Index into FLOORS of a source path, or None when it is not built on a floor (tests, bench)."""
    folder = path.rsplit("/", 1)[0] if "/" in path else ""
    while folder:
        if folder in FLOORS:
            floor = FLOORS.index(folder)
            return PROTOCOL_FLOOR if 0 < floor <= PROTOCOL_FLOOR else floor
        folder = folder.rsplit("/", 1)[0] if "/" in folder else ""
    return None


def arrows_up(path, source):
    """Sentences about each include of `path` that points up."""
    own = floor_of(path)
    for line, kind, name in tree.includes(source):
        if kind != "own":
            continue
        if path.startswith("bench/load/") and not name.startswith(LOAD_MAY_INCLUDE):
            yield f"{path}:{line}: bench/load includes {name}, which is the hub's"
        if own is None:
            continue
        theirs = floor_of(name)
        if theirs is None:
            yield f"{path}:{line}: includes {name}, which stands on no floor"
        elif theirs > own:
            yield f"{path}:{line}: {FLOORS[own]} includes {name}, which stands above it"


def strangers(path, source):
    """Sentences about each foreign header that this folder may not include."""
    for line, kind, name in tree.includes(source):
        if kind != "foreign":
            continue
        for pattern, places in FOREIGN:
            if re.fullmatch(pattern, name):
                if not any(may_include(place, path) for place in places):
                    yield f"{path}:{line}: <{name}> belongs to {' and '.join(places)} only"
                break
        else:
            if not STANDARD.match(name):
                yield f"{path}:{line}: <{name}> is a library the house does not know: add it to FOREIGN"


def may_include(place, path):
    mirrored = [place + "/", f"tests/unit/{place}/", f"tests/scenario/{place}/", f"bench/micro/{place}/"]
    return any(path.startswith(prefix) for prefix in mirrored)


class IncludesTest(unittest.TestCase):
    def test_every_include_points_down(self):
        problems = [p for f in tree.files(".h", ".cc", ".def") for p in arrows_up(str(f), tree.text(f))]
        self.assertEqual([], problems)

    def test_a_foreign_header_is_included_in_one_folder_only(self):
        problems = [p for f in tree.files(".h", ".cc") for p in strangers(str(f), tree.text(f))]
        self.assertEqual([], problems)

    def test_these_tests_can_fail(self):
        self.assertTrue(list(arrows_up("protocol/pdu/x.h", '#include "server/base/money.h"\n')))
        self.assertTrue(list(arrows_up("server/net/x.h", '#include "server/relay/relay.h"\n')))
        self.assertTrue(list(arrows_up("bench/load/x.h", '#include "server/relay/relay.h"\n')))
        self.assertFalse(list(arrows_up("server/relay/x.h", '#include "server/net/loop.h"\n')))
        self.assertTrue(list(strangers("server/relay/x.cc", "#include <libpq-fe.h>\n")))
        self.assertTrue(list(strangers("server/base/x.cc", "#include <boost/asio.hpp>\n")))
        self.assertFalse(list(strangers("server/store/x.cc", "#include <libpq-fe.h>\n#include <vector>\n")))

    def test_every_folder_of_sources_is_on_a_floor(self):
        lost = [str(f) for f in tree.files(".h", ".cc")
                if str(f).startswith(("protocol/", "server/")) and floor_of(str(f)) is None]
        self.assertEqual([], lost)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
