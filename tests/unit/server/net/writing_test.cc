#include <numeric>

#include "tests/unit/server/net/loop_rig.h"
#include "tests/unit/server/net/raw_peer.h"

namespace hub::net {
namespace {

std::string Pattern(std::size_t octets) {
  std::string text(octets, '\0');
  for (std::size_t i = 0; i < octets; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

struct Writing : testing::Test {
  LoopRig rig;
  Recorder events;

  void Accept(RawPeer&) {
    ASSERT_TRUE(rig.RunUntil([&] { return events.stream != nullptr; }));
  }
};

TEST_F(Writing, NeighbouringSlicesOfATurnLeaveInOneWrite) {
  RawPeer peer(rig.Listen(events));
  Accept(peer);
  const std::string text = Pattern(50'000);
  const Slice all = Slice::CopyOf(smpp::AsBytes(text));
  const std::uint64_t writes = rig.loop.counters().writes.value();
  for (std::uint32_t at = 0; at < all.size(); at += 10) events.stream->Write(all.Sub(at, 10));
  EXPECT_EQ(events.stream->queued_octets(), text.size());
  ASSERT_TRUE(rig.RunUntil([&] {
    peer.Receive();
    return peer.received.size() == text.size();
  }));
  EXPECT_EQ(peer.received, text);
  EXPECT_EQ(rig.loop.counters().writes.value() - writes, 1u);  // 5,000 pieces, merged to one
}

TEST_F(Writing, MorePiecesThanOneCallTakesStillArriveInOrder) {
  RawPeer peer(rig.Listen(events));
  Accept(peer);
  const std::string text = Pattern(30'000);
  // Backwards in memory: nothing can merge.
  const Slice all = Slice::CopyOf(smpp::AsBytes(text));
  std::string expected;
  for (std::uint32_t at = all.size(); at > 0; at -= 10) {
    events.stream->Write(all.Sub(at - 10, 10));
    expected += text.substr(at - 10, 10);
  }
  const std::uint64_t writes = rig.loop.counters().writes.value();
  ASSERT_TRUE(rig.RunUntil([&] {
    peer.Receive();
    return peer.received.size() == text.size();
  }));
  EXPECT_EQ(peer.received, expected);
  EXPECT_EQ(rig.loop.counters().writes.value() - writes, 3u);  // 3,000 pieces, 1,024 a call
}

TEST_F(Writing, CopiesAndSlicesKeepTheirOrder) {
  RawPeer peer(rig.Listen(events));
  Accept(peer);
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    std::string small = "<" + std::to_string(i) + ">";
    events.stream->WriteCopy(smpp::AsBytes(small));
    expected += small;
    small.assign(small.size(), '?');  // the caller's octets live no longer than the call
    const std::string other(static_cast<std::size_t>(i), 'x');
    events.stream->Write(Slice::CopyOf(smpp::AsBytes(other)));
    expected += other;
  }
  ASSERT_TRUE(rig.RunUntil([&] {
    peer.Receive();
    return peer.received.size() == expected.size();
  }));
  EXPECT_EQ(peer.received, expected);
}

// Copies of one stream stand behind each other in the slab that all streams share, but where another's came between.
TEST_F(Writing, CopiesOfTwoStreamsDoNotMix) {
  Recorder other_events;
  RawPeer peer(rig.Listen(events));
  RawPeer other(rig.Listen(other_events));
  Accept(peer);
  ASSERT_TRUE(rig.RunUntil([&] { return other_events.stream != nullptr; }));
  std::string expected;
  std::string other_expected;
  for (int i = 0; i < 30'000; ++i) {
    const std::string text = std::to_string(i) + ",";
    const bool ours = i % 7 < 4;
    (ours ? events : other_events).stream->WriteCopy(smpp::AsBytes(text));
    (ours ? expected : other_expected) += text;
  }
  EXPECT_EQ(events.stream->queued_octets(), expected.size());
  ASSERT_TRUE(rig.RunUntil([&] {
    peer.Receive();
    other.Receive();
    return peer.received.size() + other.received.size() == expected.size() + other_expected.size();
  }));
  EXPECT_EQ(peer.received, expected);
  EXPECT_EQ(other.received, other_expected);
}

TEST_F(Writing, ShortWritesKeepTheirRemainderAndDrainIsTold) {
  RawPeer peer(
      rig.Listen(events, {.output_octets_high = 100'000, .output_octets_max = 100'000'000}));
  Accept(peer);
  const std::string text = Pattern(20'000'000);
  for (std::size_t at = 0; at < text.size(); at += 1000) {
    events.stream->WriteCopy(smpp::AsBytes(std::string_view(text).substr(at, 1000)));
  }
  EXPECT_TRUE(events.stream->congested());
  rig.RunFor(20ms);
  EXPECT_TRUE(events.stream->congested());  // the peer has not read yet
  EXPECT_GT(events.stream->queued_octets(), 100'000u);
  EXPECT_EQ(events.drained, 0);
  ASSERT_TRUE(rig.RunUntil([&] {
    peer.Receive();
    return peer.received.size() == text.size();
  }));
  EXPECT_TRUE(peer.received == text);
  EXPECT_EQ(events.drained, 1);
  EXPECT_FALSE(events.stream->congested());
  EXPECT_EQ(events.stream->queued_octets(), 0u);
}

// Neither we nor the kernel hold more than what was written when the peer's window closed.
TEST_F(Writing, NothingIsSentAheadOfAPeerThatDoesNotRead) {
  RawPeer peer(rig.Listen(events));
  Accept(peer);
  events.stream->SendNothingAhead();
  const std::string piece = Pattern(1'000);
  std::size_t written = 0;
  ASSERT_TRUE(rig.RunUntil([&] {
    if (events.stream->congested()) return true;
    events.stream->WriteCopy(smpp::AsBytes(piece));
    written += piece.size();
    return false;
  }));
  EXPECT_EQ(events.drained, 0);
  EXPECT_LE(events.stream->queued_octets(), piece.size());
  EXPECT_LE(written, peer.Waiting() + 20 * piece.size()) << "the kernel would take megabytes";
  ASSERT_TRUE(rig.RunUntil([&] {
    peer.Receive();
    return peer.received.size() == written;
  }));
  EXPECT_EQ(events.drained, 1) << "below output_octets_high, which was never reached";
  EXPECT_FALSE(events.stream->congested());
}

TEST_F(Writing, APeerThatDoesNotReadIsClosedAtTheLimit) {
  RawPeer peer(rig.Listen(events, {.output_octets_high = 100'000, .output_octets_max = 500'000}));
  Accept(peer);
  const std::string piece = Pattern(10'000);
  ASSERT_TRUE(rig.RunUntil([&] {
    if (events.stream != nullptr) {
      EXPECT_LE(events.stream->queued_octets(), 500'000u);
      events.stream->WriteCopy(smpp::AsBytes(piece));
    }
    return events.closed_calls > 0;
  }));
  EXPECT_EQ(*events.cause, CloseCause::kOutputLimit);
  EXPECT_EQ(rig.loop.counters().output_overflows.value(), 1u);
}

// A turn may queue more than the limit for a peer that reads well: the kernel is asked before the stream is given up.
TEST_F(Writing, ABusyTurnAloneDoesNotCloseAStream) {
  RawPeer peer(rig.Listen(events, {.output_octets_high = 1'000, .output_octets_max = 2'000}));
  Accept(peer);
  for (int i = 0; i < 100; ++i) events.stream->WriteCopy(smpp::AsBytes(std::string(100, 'x')));
  ASSERT_TRUE(rig.RunUntil([&] {
    peer.Receive();
    return peer.received.size() == 10'000;
  }));
  EXPECT_EQ(events.closed_calls, 0);
}

TEST_F(Writing, ASlowPeersQueueDoesNotPinReadBuffers) {
  RawPeer peer(rig.Listen(events, {.output_octets_max = 100'000'000}));
  Accept(peer);
  events.stream->WriteCopy(
      smpp::AsBytes(std::string(20'000'000, 'x')));  // more than the kernel takes
  rig.RunFor(20ms);
  ASSERT_GT(events.stream->queued_octets(), 0u);
  const std::uint64_t before = Slab::octets_alive();
  for (int i = 0; i < 200; ++i) {  // forty octets out of a read buffer each
    Slab* slab = Slab::Create(64 * 1024);
    events.stream->Write(Slice(slab, 100, 40));
    slab->Unref();
  }
  EXPECT_GE(Slab::octets_alive() - before, 200u * 64 * 1024);
  const std::uint64_t writes = rig.loop.counters().writes.value();
  ASSERT_TRUE(rig.RunUntil([&] {  // one short write, and the queue is put in order
    if (peer.received.empty()) peer.Receive();
    return rig.loop.counters().writes.value() > writes;
  }));
  EXPECT_LE(Slab::octets_alive(), before + 200u * 40);
}

TEST_F(Writing, WhatThePeerSentBeforeItLeftIsReadAlthoughWritingFails) {
  RawPeer peer(rig.Listen(events));
  Accept(peer);
  peer.Send("the last answer");
  peer.Close();
  // Two writes: the first is answered with a reset, the second fails.
  events.stream->PauseReading();
  events.stream->WriteCopy(smpp::AsBytes("a"));
  rig.RunFor(5ms);
  ASSERT_NE(events.stream, nullptr);
  events.stream->ResumeReading();
  events.stream->WriteCopy(smpp::AsBytes("b"));
  ASSERT_TRUE(rig.RunUntil([&] { return events.closed_calls == 1; }));
  EXPECT_EQ(events.received, "the last answer");
}

}  // namespace
}  // namespace hub::net
