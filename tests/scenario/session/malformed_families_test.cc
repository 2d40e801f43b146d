// Hundreds of malformed inputs in each state of a session: the exact answer, the session lives or dies as it should, nothing goes
// upstream, and all that whether the octets come at once, one by one, or split anywhere. Bodies of submit_sm and data_sm are judged by
// the session's owner, here the rig; the relay's own judgement is asked for the same inputs in tests/scenario/relay.
#include <set>

#include "tests/scenario/session/esme_rig.h"
#include "tests/support/bad_pdus.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

constexpr std::string_view kStates[] = {"OPEN", "BOUND_TX", "BOUND_RX", "BOUND_TRX", "UNBINDING"};
constexpr std::size_t kCasesMin = 400;  // in each state

Octets Received(EsmeRig& rig) {
  const std::string octets = rig.peer.raw().TakeReceived();
  return {octets.begin(), octets.end()};
}

/// What a session in a state answers to octets that come in these pieces.
struct Reaction {
  Octets answer;
  bool lives = false;
  std::size_t upstream = 0;
  bool operator==(const Reaction&) const = default;
};

// No row of bad ones ends it: so one session serves for many inputs.
SessionLimits Patient() {
  SessionLimits limits;
  limits.bad_pdus_max = limits.unbound_bad_pdus_max = limits.unsolicited_responses_max = 1'000'000;
  limits.stream.output_octets_max = 1u << 30;
  return limits;
}

/// A session in a state, and another one when that has died.
class Reactions {
 public:
  explicit Reactions(std::string_view state) : state_(state) {}

  Reaction To(const std::vector<Octets>& pieces) {
    if (rig_ == nullptr || !rig_->peer.connected()) {
      rig_ = std::make_unique<EsmeRig>(Patient());
      rig_->Reach(state_);
    }
    for (const Octets& piece : pieces) {
      if (rig_->peer.connected()) rig_->peer.Send(piece);
    }
    return {Received(*rig_), rig_->peer.connected(), rig_->messages.size()};
  }

 private:
  const std::string_view state_;
  std::unique_ptr<EsmeRig> rig_;
};

struct FamiliesTest : testing::TestWithParam<std::string_view> {};

TEST_P(FamiliesTest, GetTheExactAnswerAndNothingGoesUpstream) {
  ASSERT_GE(BadPdus().size(), kCasesMin);
  for (const BadPdu& bad : BadPdus()) {
    const Owed owed = OwedFor(bad, GetParam());
    const Reaction seen = Reactions(GetParam()).To({bad.octets});
    EXPECT_EQ(seen, (Reaction{owed.octets(), owed.lives, 0})) << bad.name;
  }
}

TEST_P(FamiliesTest, LeaveASessionThatServesOn) {
  for (const BadPdu& bad : BadPdus()) {
    if (!OwedFor(bad, GetParam()).lives) continue;
    EsmeRig rig;
    rig.Reach(GetParam());
    rig.peer.Send(bad.octets);
    Received(rig);
    rig.peer.Send(Bare(enquire_link, 4711));
    const std::optional<Pdu> answer = rig.peer.Next();
    ASSERT_TRUE(answer) << bad.name;
    EXPECT_EQ(answer->octets, Bare(enquire_link_resp, 4711)) << bad.name;
  }
}

TEST_P(FamiliesTest, AreAnsweredAlikeOctetByOctetAndSplitAnywhere) {
  Reactions react(GetParam());
  for (const BadPdu& bad : BadPdus()) {
    const Reaction whole = react.To({bad.octets});
    std::vector<Octets> single;
    for (const std::uint8_t octet : bad.octets) single.push_back({octet});
    ASSERT_EQ(react.To(single), whole) << bad.name;
    for (std::size_t at = 1; at < bad.octets.size(); ++at) {
      const auto middle = bad.octets.begin() + static_cast<std::ptrdiff_t>(at);
      const std::vector<Octets> split = {{bad.octets.begin(), middle}, {middle, bad.octets.end()}};
      ASSERT_EQ(react.To(split), whole) << bad.name << ", split at " << at;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(InEachState, FamiliesTest, testing::ValuesIn(kStates),
                         [](const auto& c) { return std::string(c.param); });

TEST(Families, HaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const BadPdu& bad : BadPdus()) EXPECT_TRUE(names.insert(bad.name).second) << bad.name;
}

TEST(Families, TenThousandPipelinedAreAnsweredAsOneByOne) {
  Octets stream;
  std::vector<Octets> pieces;
  std::uint32_t number = 1;
  while (pieces.size() < 10'000) {
    for (const BadPdu& bad : BadPdus()) {
      if (!OwedFor(bad, "BOUND_TRX").lives) continue;
      for (Octets pdu : {bad.octets, Message(submit_sm, 0, "ACME", "4915112345678", "good")}) {
        smpp::PatchSequenceNumber(pdu.data(), 1'000'000 + ++number);
        stream.insert(stream.end(), pdu.begin(), pdu.end());
        pieces.push_back(std::move(pdu));
      }
    }
  }
  EsmeRig at_once(Patient()), apart(Patient());
  for (EsmeRig* rig : {&at_once, &apart}) rig->Reach("BOUND_TRX");
  at_once.peer.Send(stream);
  for (const Octets& pdu : pieces) apart.peer.Send(pdu);
  const Octets answers = Received(at_once);
  EXPECT_GT(answers.size(), 10'000u * smpp::kHeaderOctets / 2);
  EXPECT_EQ(answers, Received(apart));
  EXPECT_EQ(at_once.messages.size(), apart.messages.size());
  EXPECT_TRUE(at_once.peer.connected() && apart.peer.connected());
}

}  // namespace
}  // namespace hub::test
