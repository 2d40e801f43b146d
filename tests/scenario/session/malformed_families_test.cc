// Hundreds of malformed inputs in each state: the exact answer, the session lives or dies as it should, nothing goes upstream, and
// all that whether the octets come at once, one by one, or split anywhere.
#include <set>

#include "tests/scenario/session/bad_pdus.h"
#include "tests/scenario/session/esme_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

constexpr std::string_view kStates[] = {"OPEN", "BOUND_TX", "BOUND_RX", "BOUND_TRX", "UNBINDING"};
constexpr std::size_t kCasesMin = 400;  // in each state

Octets OctetsOf(const std::optional<smpp::Header>& header) {
  if (!header) return {};
  Octets octets(smpp::kHeaderOctets);
  smpp::WriteHeader(octets.data(), *header);
  return octets;
}

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

Reaction React(std::string_view state, const std::vector<Octets>& pieces) {
  EsmeRig rig;
  rig.Reach(state);
  for (const Octets& piece : pieces) {
    if (rig.peer.connected()) rig.peer.Send(piece);
  }
  return {Received(rig), rig.peer.connected(), rig.messages.size()};
}

struct FamiliesTest : testing::TestWithParam<std::string_view> {};

TEST_P(FamiliesTest, GetTheExactAnswerAndNothingGoesUpstream) {
  ASSERT_GE(BadPdus().size(), kCasesMin);
  for (const BadPdu& bad : BadPdus()) {
    const Owed owed = OwedFor(bad, GetParam());
    const Reaction seen = React(GetParam(), {bad.octets});
    EXPECT_EQ(seen, (Reaction{OctetsOf(owed.answer), owed.lives, 0})) << bad.name;
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
  for (const BadPdu& bad : BadPdus()) {
    const Reaction whole = React(GetParam(), {bad.octets});
    std::vector<Octets> single;
    for (const std::uint8_t octet : bad.octets) single.push_back({octet});
    ASSERT_EQ(React(GetParam(), single), whole) << bad.name;
    const std::size_t step =
        bad.octets.size() > 200 ? 37 : 1;  // the long ones say nothing new at each octet
    for (std::size_t at = 1; at < bad.octets.size(); at += step) {
      const auto middle = bad.octets.begin() + static_cast<std::ptrdiff_t>(at);
      const std::vector<Octets> split = {{bad.octets.begin(), middle}, {middle, bad.octets.end()}};
      ASSERT_EQ(React(GetParam(), split), whole) << bad.name << ", split at " << at;
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
  SessionLimits patient;
  patient.bad_pdus_max = 1'000'000;
  patient.unsolicited_responses_max = 1'000'000;
  patient.stream.output_octets_max = 1u << 30;
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
  EsmeRig at_once(patient), apart(patient);
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
