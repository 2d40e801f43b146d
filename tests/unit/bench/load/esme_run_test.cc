#include "bench/load/lib/esme_run.h"

#include <gtest/gtest.h>

#include "bench/load/lib/sim_listener.h"
#include "tests/support/fake_network.h"

namespace hub::load {
namespace {

using namespace std::chrono_literals;
using smpp::Status;
using test::ScriptedPeer;

// A generator and a simulated SMSC on two fake networks, joined by carrying the octets across.
struct EsmeRunTest : testing::Test {
  test::FakeNetwork esme_side;
  test::FakeNetwork smsc_side;
  std::unique_ptr<SimListener> sim;
  std::unique_ptr<EsmeRun> run;
  std::vector<std::pair<ScriptedPeer*, ScriptedPeer*>> wires;  // esme side, smsc side
  bool done = false;

  void Start(std::string_view sim_options, EsmeOptions options) {
    ListenerOptions listener;
    listener.first_id = 1;
    ASSERT_TRUE(SetListenerOptions(listener, sim_options).ok());
    sim = std::make_unique<SimListener>(smsc_side, std::move(listener), 1);
    auto message = SubmitTemplate::Make(options);
    ASSERT_TRUE(message.ok());
    run = std::make_unique<EsmeRun>(esme_side, options, std::move(message).value(),
                                    [this] { done = true; });
    run->Start();
  }
  void Carry() {
    for (std::size_t i = wires.size(); i < esme_side.peers().size(); ++i) {
      ScriptedPeer* esme = esme_side.peers()[i];
      wires.emplace_back(
          esme, &smsc_side.PeerConnects([this](net::Stream& s) { return sim->Accept(s); }));
      esme->Accept();
    }
    for (auto& [esme, smsc] : wires) {
      const std::string up = esme->TakeReceived();
      if (!up.empty() && smsc->connected()) smsc->Deliver(up);
      const std::string down = smsc->TakeReceived();
      if (!down.empty() && esme->connected()) esme->Deliver(down);
      if (esme->connected() && !smsc->connected() && smsc->received().empty()) esme->Hangup();
    }
  }
  void RunFor(Duration duration) {
    for (Duration t{0}; t < duration && !done; t += 1ms) {
      Carry();
      esme_side.Advance(1ms);
      smsc_side.Advance(1ms);
    }
  }
};

TEST_F(EsmeRunTest, EveryMessageIsAnsweredAndEveryReceiptComes) {
  Start("receipt-delay-ms=20,error=0x08:10%",
        {.sessions = 3, .window = 7, .count = 500, .registered_delivery = 1, .wait_receipts = 5s});
  RunFor(10s);
  ASSERT_TRUE(done);
  const EsmeResults& r = run->results();
  EXPECT_TRUE(r.ok()) << r.Table();
  EXPECT_EQ(r.sent, 500u);
  EXPECT_EQ(r.answered, 500u);
  EXPECT_EQ(r.statuses.Of(Status::ESME_ROK), r.receipts.matched());
  EXPECT_GT(r.statuses.Of(Status::ESME_RSYSERR), 0u);
  EXPECT_EQ(r.latencies.count(), 500u);
}

TEST_F(EsmeRunTest, ReceiptsMayOvertakeResponses) {
  Start("receipt-before-response=on,response-delay-ms=5",
        {.sessions = 1, .count = 50, .registered_delivery = 1, .wait_receipts = 5s});
  RunFor(10s);
  EXPECT_TRUE(run->results().ok()) << run->results().Table();
}

TEST_F(EsmeRunTest, KeepsItsRate) {
  Start("", {.sessions = 2, .duration = 2s, .rate = 100});
  RunFor(10s);
  ASSERT_TRUE(done);
  EXPECT_NEAR(static_cast<double>(run->results().sent), 200, 2);
  EXPECT_TRUE(run->results().ok());
}

TEST_F(EsmeRunTest, SendsEachMessageWhenItIsDueAndNotBefore) {
  Start("", {.sessions = 1, .window = 10'000, .duration = 1s, .rate = 4000});
  ScriptedPeer& smsc = *esme_side.peers()[0];
  Carry();  // the bind is answered: message 0 is due now
  const std::size_t octets = smsc.TakeReceived().size();
  ASSERT_GT(octets, 0u);
  for (int n = 1; n < 4000; ++n) {
    esme_side.Advance(250us - 1ns);
    ASSERT_EQ(smsc.TakeReceived().size(), 0u) << n;
    esme_side.Advance(1ns);
    ASSERT_EQ(smsc.TakeReceived().size(), octets) << n;
  }
  esme_side.Advance(10ms);
  EXPECT_EQ(run->results().sent, 4000u);
}

// One answer in 100 ms, and a message due each 10 ms: the nth is answered 100 ms (n + 1) after the beginning. Who counted from writing would
// say 100 ms of each.
TEST_F(EsmeRunTest, AtARateLatencyCountsFromWhenAMessageWasDue) {
  Start("response-delay-ms=100",
        {.sessions = 1, .window = 1, .count = 10, .duration = 1s, .rate = 100});
  RunFor(10s);
  ASSERT_TRUE(done);
  const EsmeResults& r = run->results();
  EXPECT_EQ(r.answered, 10u);
  EXPECT_EQ(r.overdue, 0u);
  EXPECT_NEAR(static_cast<double>(r.latencies.Percentile(1).count()), 100e6, 5e6);
  EXPECT_NEAR(static_cast<double>(r.latencies.max().count()), 910e6, 30e6);
}

// A supplier that refuses at once and takes its time for what it accepts: one number for both would say neither.
TEST_F(EsmeRunTest, TellsHowLongRefusalsTookApart) {
  Start("error-prefix=491510000001:0x58", {.sessions = 1, .window = 1, .count = 2});
  Timeline timeline(esme_side.clock().Now());
  run->Tell(timeline);
  RunFor(1s);
  ASSERT_TRUE(done);
  const EsmeResults& r = run->results();
  EXPECT_EQ(r.statuses.Of(Status::ESME_RTHROTTLED), 1u) << r.Table();
  EXPECT_EQ(r.accepted_latencies.count(), 1u);
  EXPECT_EQ(r.refused_latencies.count(), 1u);
  const std::string line = timeline.Line(esme_side.clock().Now());
  EXPECT_NE(line.find("\"accepted\":1,\"refused\":1"), std::string::npos) << line;
  EXPECT_NE(r.Table().find("refused"), std::string::npos);
}

TEST_F(EsmeRunTest, SendsInBurstsAndNothingBetweenThem) {
  Start("", {.sessions = 2, .duration = 10s, .rate = 100, .bursts = {.length = 1s, .every = 4s}});
  RunFor(3s);
  EXPECT_EQ(run->results().sent, 100u);
  RunFor(10s);
  ASSERT_TRUE(done);
  EXPECT_EQ(run->results().sent, 300u);
  EXPECT_TRUE(run->results().ok());
}

// Between two bursts nobody owes anything, however long that is.
TEST_F(EsmeRunTest, GivesNobodyUpForTheTimeBetweenBursts) {
  Start("response-delay-ms=2800", {.sessions = 2,
                                   .duration = 12s,
                                   .rate = 100,
                                   .bursts = {.length = 1s, .every = 6s},
                                   .answer_timeout = 3s});
  RunFor(20s);
  ASSERT_TRUE(done);
  EXPECT_EQ(run->results().failure, "");
  EXPECT_EQ(run->results().answered, 200u);
}

TEST_F(EsmeRunTest, FlatOutLatencyCountsFromWriting) {
  Start("response-delay-ms=100", {.sessions = 1, .window = 1, .count = 10});
  RunFor(10s);
  ASSERT_TRUE(done);
  EXPECT_NEAR(static_cast<double>(run->results().latencies.max().count()), 100e6, 5e6);
}

TEST_F(EsmeRunTest, SaysHowManyMessagesWereDueAndNeverSent) {
  Start("response-delay-ms=100", {.sessions = 2, .window = 1, .duration = 1s, .rate = 100});
  RunFor(10s);
  ASSERT_TRUE(done);
  const EsmeResults& r = run->results();
  EXPECT_TRUE(r.ok());
  EXPECT_NEAR(static_cast<double>(r.sent), 20, 2);
  EXPECT_EQ(r.sent + r.overdue, 100u);
  EXPECT_NE(r.Json().find("\"overdue\":" + std::to_string(r.overdue)), std::string::npos);
}

TEST_F(EsmeRunTest, CatchesUpAfterAllWindowsWereFull) {
  Start("response-delay-ms=200", {.sessions = 2, .window = 10, .duration = 3s, .rate = 50});
  RunFor(300ms);
  ASSERT_TRUE(sim->SetLive("response-delay-ms", "900").ok());
  RunFor(800ms);
  EXPECT_LT(run->results().sent, 40u);
  ASSERT_TRUE(sim->SetLive("response-delay-ms", "0").ok());
  RunFor(10s);
  ASSERT_TRUE(done);
  EXPECT_EQ(run->results().sent, 150u);
  EXPECT_EQ(run->results().overdue, 0u);
}

TEST_F(EsmeRunTest, FailsWhenAReceiptDoesNotCome) {
  Start("receipt-delay-ms=3000",
        {.sessions = 1, .count = 5, .registered_delivery = 1, .wait_receipts = 1s});
  RunFor(10s);
  ASSERT_TRUE(done);
  EXPECT_FALSE(run->results().ok());
  EXPECT_EQ(run->results().receipts.matched(), 0u);
}

TEST_F(EsmeRunTest, FailsWhenMessagesAreNotAnswered) {
  Start("drop-percent=50", {.sessions = 2, .window = 10, .count = 100, .answer_timeout = 3s});
  RunFor(20s);
  ASSERT_TRUE(done);
  EXPECT_FALSE(run->results().ok());
  EXPECT_EQ(run->results().failure, "no answer for 3 s");
}

TEST_F(EsmeRunTest, BindsAgainAfterALostConnectionAndSaysWhatWasLost) {
  Start("disconnect-every=40", {.sessions = 2, .window = 5, .count = 100});
  RunFor(20s);
  ASSERT_TRUE(done);
  const EsmeResults& r = run->results();
  EXPECT_EQ(r.sent, 100u);
  EXPECT_EQ(r.answered + r.lost, 100u);
  EXPECT_GT(r.lost, 0u);
  EXPECT_EQ(r.connections_lost, 2u);
  EXPECT_FALSE(r.ok());
}

TEST_F(EsmeRunTest, AnIdleRunBindsAtItsPaceAndOnlyStays) {
  Start("", {.sessions = 20, .binds_per_second = 100, .idle = true, .duration = 3s});
  RunFor(100ms);
  EXPECT_NEAR(static_cast<double>(run->results().binds), 10, 3);
  RunFor(2s);
  EXPECT_EQ(run->ProgressLine(), "bound 20 of 20");
  RunFor(10s);
  ASSERT_TRUE(done);
  EXPECT_TRUE(run->results().ok()) << run->results().Table();
  EXPECT_EQ(run->results().sent, 0u);
  EXPECT_EQ(sim->counters().binds, 20u);
}

TEST_F(EsmeRunTest, AnIdleRunSendsNothingWhateverTheRate) {
  Start("", {.sessions = 2, .idle = true, .duration = 1s, .rate = 100});
  RunFor(10s);
  ASSERT_TRUE(done);
  EXPECT_TRUE(run->results().ok()) << run->results().Table();
  EXPECT_EQ(run->results().sent + run->results().overdue, 0u);
}

TEST_F(EsmeRunTest, AnIdleRunFailsWhenABindIsLost) {
  Start("flap-ms=1000", {.sessions = 2, .idle = true, .duration = 3s});
  RunFor(10s);
  ASSERT_TRUE(done);
  EXPECT_FALSE(run->results().ok());
  EXPECT_EQ(run->results().connections_lost, 4u);
}

TEST_F(EsmeRunTest, GivesUpWhenABindIsRefused) {
  Start("refuse-binds=on", {.sessions = 2, .count = 1});
  RunFor(5s);
  ASSERT_TRUE(done);
  EXPECT_EQ(run->results().failure, "bind refused: ESME_RBINDFAIL");
}

}  // namespace
}  // namespace hub::load
