#include <cstring>
#include <deque>

#include "tests/unit/server/net/loop_rig.h"
#include "tests/unit/server/net/raw_peer.h"

namespace hub::net {
namespace {

// Units of a test: four octets of length (of the whole), then filling.
std::string Unit(std::uint32_t length) {
  std::string unit(length, static_cast<char>('a' + length % 26));
  smpp::WriteU32(reinterpret_cast<std::uint8_t*>(unit.data()), length);
  return unit;
}

// Takes whole units only and checks that each is contiguous and right.
struct UnitReader {
  std::size_t operator()(const Slice& octets) {
    std::size_t taken = 0;
    while (octets.size() - taken >= 4) {
      const std::uint32_t length = smpp::ReadU32(octets.data() + taken);
      if (length < 4 || length > 1'000'000) {
        ADD_FAILURE() << "not the octets that were sent";
        return octets.size();
      }
      if (octets.size() - taken < length) break;
      EXPECT_EQ(std::memcmp(octets.data() + taken, Unit(length).data(), length), 0);
      // The taken part is ours: a hub patches sequence numbers there.
      std::memset(octets.data() + taken, 0xEE, length);
      taken += length;
      ++units;
      if (keep > 0) {
        kept.push_back(octets.Sub(static_cast<std::uint32_t>(taken) - length, length));
        if (kept.size() > keep) kept.pop_front();
      }
      if (units_per_call != 0 && units % units_per_call == 0) break;
    }
    return taken;
  }
  std::size_t units = 0;
  std::size_t units_per_call = 0;  // 0: all
  std::size_t keep = 0;            // as a queue of forwarded frames would
  std::deque<Slice> kept;
};

TEST(Reading, OneOctetAtATime) {
  LoopRig rig;
  Recorder events;
  UnitReader reader;
  events.take = std::ref(reader);
  RawPeer peer(rig.Listen(events));
  const std::string octets = Unit(40) + Unit(4) + Unit(300);
  for (const char octet : octets) {
    ASSERT_EQ(peer.Send({&octet, 1}), 1u);
    ASSERT_TRUE(rig.RunUntil([&, calls = events.calls] { return events.calls > calls; }));
  }
  EXPECT_EQ(reader.units, 3u);
}

// Two streams take turns in the same slab, so no left-over can be continued in place.
TEST(Reading, InterleavedStreamsKeepTheirLeftOversApart) {
  LoopRig rig;
  Recorder events[2];
  UnitReader readers[2];
  std::uint16_t ports[2];
  for (int i = 0; i < 2; ++i) {
    events[i].take = std::ref(readers[i]);
    ports[i] = rig.Listen(events[i]);
  }
  RawPeer peers[2] = {RawPeer(ports[0]), RawPeer(ports[1])};
  const std::string octets[2] = {Unit(50) + Unit(9) + Unit(100), Unit(30) + Unit(77) + Unit(52)};
  for (std::size_t at = 0; at < 159; at += 3) {
    for (int i = 0; i < 2; ++i) {
      const int calls = events[i].calls;
      ASSERT_EQ(peers[i].Send(std::string_view(octets[i]).substr(at, 3)), 3u);
      ASSERT_TRUE(rig.RunUntil([&] { return events[i].calls > calls; }));
    }
  }
  EXPECT_EQ(readers[0].units, 3u);
  EXPECT_EQ(readers[1].units, 3u);
}

struct BulkCase {
  const char* name;
  std::uint32_t unit;
  std::size_t units_per_call;
  std::size_t keep;
  std::uint64_t slab_octets_max;
};

class BulkTest : public testing::TestWithParam<BulkCase> {};

TEST_P(BulkTest, TenMegabytesPipelined) {
  const BulkCase& c = GetParam();
  LoopRig rig({.slab_octets_max = c.slab_octets_max});
  Recorder events;
  UnitReader reader;
  reader.units_per_call = c.units_per_call;
  reader.keep = c.keep;
  events.take = [&](const Slice& octets) {
    const std::size_t taken = reader(octets);
    if (c.units_per_call != 0) events.stream->ReadMore();
    return taken;
  };
  RawPeer peer(rig.Listen(events));
  const std::size_t count = 10'000'000 / c.unit;
  const std::string unit = Unit(c.unit);
  std::string octets;
  for (std::size_t i = 0; i < count; ++i) octets += unit;
  std::size_t sent = 0;
  ASSERT_TRUE(rig.RunUntil([&] {
    sent += peer.Send(std::string_view(octets).substr(sent));
    if (sent == octets.size()) peer.Shutdown();
    return events.closed_calls > 0;
  }));
  EXPECT_EQ(reader.units, count);  // also the ones left for later when the peer ended
  EXPECT_EQ(*events.cause, CloseCause::kPeerClosed);
}

INSTANTIATE_TEST_SUITE_P(Shapes, BulkTest,
                         testing::Values(BulkCase{"Small", 40, 0, 0, 1ull << 30},
                                         BulkCase{"OddSizes", 997, 0, 0, 1ull << 30},
                                         BulkCase{"LargerThanASlab", 200'000, 0, 0, 1ull << 30},
                                         BulkCase{"FairReader", 120, 50, 0, 1ull << 30},
                                         BulkCase{"FramesKept", 120, 0, 3000, 1ull << 30},
                                         BulkCase{"MemoryIsShort", 120, 0, 3000, 0}),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Reading, KeptFramesPinLittleWhenMemoryIsShort) {
  LoopRig rig({.slab_octets_max = 0});
  Recorder events;
  std::vector<Slice> kept;
  events.take = [&](const Slice& octets) {
    kept.push_back(octets);
    return octets.size();
  };
  RawPeer peer(rig.Listen(events));
  const std::uint64_t before = Slab::octets_alive();
  for (std::size_t i = 1; i <= 20; ++i) {
    peer.Send("0123456789");
    ASSERT_TRUE(rig.RunUntil([&] { return kept.size() == i; }));
  }
  EXPECT_LE(Slab::octets_alive() - before,
            20u * 10 + 64 * 1024);  // the copies, and the one open slab
}

TEST(Reading, IdleStreamsThatLeftOctetsDoNotPinReadBuffers) {
  LoopRig rig;
  std::deque<Recorder> events(32);
  std::deque<RawPeer> peers;
  for (Recorder& e : events) {
    e.take = [](const Slice&) { return std::size_t{0}; };
    peers.emplace_back(rig.Listen(e));
    peers.back().Send("half");
    ASSERT_TRUE(rig.RunUntil([&] { return e.calls == 1; }));
    // Somebody else fills the slab meanwhile and keeps a frame of it.
    Recorder busy;
    std::vector<Slice> kept;
    busy.take = [&](const Slice& octets) {
      kept.push_back(octets);
      return octets.size();
    };
    RawPeer bulk(rig.Listen(busy));
    std::size_t sent = 0;
    const std::string octets(70'000, 'x');
    ASSERT_TRUE(rig.RunUntil([&] {
      sent += bulk.Send(std::string_view(octets).substr(sent));
      if (sent == octets.size()) bulk.Close();
      return busy.closed_calls == 1;
    }));
  }
  EXPECT_LT(Slab::octets_alive(), 5u * 64 * 1024);
}

TEST(Reading, PauseLeavesOctetsToTheKernelAndResumeGivesThem) {
  LoopRig rig;
  Recorder events;
  RawPeer peer(rig.Listen(events));
  ASSERT_TRUE(rig.RunUntil([&] { return events.stream != nullptr; }));
  events.stream->PauseReading();
  peer.Send("later");
  rig.RunFor(20ms);
  EXPECT_EQ(events.calls, 0);
  events.stream->ResumeReading();
  ASSERT_TRUE(rig.RunUntil([&] { return events.received == "later"; }));
}

TEST(Reading, APausedStreamWithLeftOversDoesNotSpin) {
  LoopRig rig;
  Recorder events;
  events.take = [&](const Slice&) {
    events.stream->ReadMore();
    events.stream->PauseReading();
    return std::size_t{1};
  };
  RawPeer peer(rig.Listen(events));
  peer.Send("abc");
  ASSERT_TRUE(rig.RunUntil([&] { return events.calls == 1; }));
  peer.Send("def");
  const std::uint64_t turns = rig.loop.counters().turns.value();
  rig.RunFor(50ms);
  EXPECT_LT(rig.loop.counters().turns.value() - turns, 150u);  // the rig ticks once a millisecond
  EXPECT_EQ(events.calls, 1);
  events.take = nullptr;
  events.stream->ResumeReading();
  ASSERT_TRUE(rig.RunUntil([&] { return events.received == "abcdef"; }));
}

TEST(Reading, StopsAtTheLeftOverLimitUntilAskedAgain) {
  LoopRig rig;
  Recorder events;
  events.take = [](const Slice&) { return std::size_t{0}; };
  RawPeer peer(rig.Listen(events, {.input_octets_max = 10'000}));
  const std::string octets(9'000, 'x');
  for (int i = 0; i < 3; ++i) {
    peer.Send(octets);
    rig.RunFor(10ms);
  }
  EXPECT_EQ(events.calls, 2);  // 9,000, then 18,000: over the limit, the third part is not read
  events.take = nullptr;
  events.stream->ReadMore();
  ASSERT_TRUE(rig.RunUntil([&] { return events.received.size() == 27'000; }));
}

TEST(Reading, TellsAResetAsAnError) {
  LoopRig rig;
  Recorder events;
  RawPeer peer(rig.Listen(events));
  ASSERT_TRUE(rig.RunUntil([&] { return events.stream != nullptr; }));
  peer.Reset();
  ASSERT_TRUE(rig.RunUntil([&] { return events.closed_calls == 1; }));
  EXPECT_EQ(*events.cause, CloseCause::kError);
  EXPECT_EQ(events.error, ECONNRESET);
}

}  // namespace
}  // namespace hub::net
