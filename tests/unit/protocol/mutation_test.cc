// Golden PDUs, damaged at random (seeded): nothing crashes, no reading differs from another, what
// decodes comes back octet for octet. Under ASan each PDU stands in a heap block of its exact size,
// so one octet too far is seen.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "protocol/pdu/verdict.h"
#include "protocol/receipt/rewrite.h"
#include "protocol/text/segments.h"
#include "tests/unit/protocol/field_map.h"

namespace smpp::test {
namespace {

constexpr std::uint32_t kSeed = 20261120;
constexpr int kRounds = 40'000;

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {
    for (const Json& vector : ValidVectors())
      pdus_.push_back(FromHex(vector["hex"].get<std::string>()));
  }

  /// A golden PDU with one to four wounds and, mostly, an honest command_length.
  Octets Next() {
    Octets pdu = pdus_[Below(pdus_.size())];
    for (std::size_t n = 1 + Below(4); n > 0; --n) Wound(pdu);
    if (pdu.size() >= 4 && Below(10) != 0)
      WriteU32(pdu.data(), static_cast<std::uint32_t>(pdu.size()));
    pdu.shrink_to_fit();
    return pdu;
  }

 private:
  std::size_t Below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  void Wound(Octets& pdu) {
    constexpr std::uint8_t kOdd[] = {0x00, 0x01, 0x04, 0x1E, 0x40, 0x7F, 0x80, 0xFE, 0xFF};
    if (pdu.size() <= kHeaderOctets) return pdu.resize(pdu.size() + 3);
    const std::size_t at = kHeaderOctets + Below(pdu.size() - kHeaderOctets);
    const auto here = pdu.begin() + static_cast<std::ptrdiff_t>(at);
    switch (Below(6)) {
      case 0:
        *here = static_cast<std::uint8_t>(random_());
        break;
      case 1:
        *here = kOdd[Below(std::size(kOdd))];
        break;
      case 2:
        pdu.erase(here);
        break;
      case 3:
        pdu.insert(here, kOdd[Below(std::size(kOdd))]);
        break;
      case 4:
        pdu.resize(at);
        break;
      case 5:
        pdu.insert(pdu.end(), here,
                   here + static_cast<std::ptrdiff_t>(std::min<std::size_t>(pdu.size() - at, 9)));
    }
  }

  std::mt19937 random_;
  std::vector<Octets> pdus_;
};

template <class P>
void ExpectTheSameWayBack(const Octets& pdu) {
  const Header header = ReadHeader(pdu.data());
  const Result<P, Status> decoded = Decode<P>(Bytes(pdu).subspan(kHeaderOctets));
  if (!decoded) {
    EXPECT_NE(decoded.error(), Status::ESME_ROK);
    return;
  }
  const Octets encoded = Encode(*decoded, header.command_status, header.sequence_number);
  ASSERT_EQ(ToHex(encoded), ToHex(pdu));
  FieldMap before, after;
  EXPECT_TRUE(P::Walk(*decoded, before));
  const Result<P, Status> again = Decode<P>(Bytes(encoded).subspan(kHeaderOctets));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(P::Walk(*again, after));
  EXPECT_EQ(before.fields, after.fields);
}

void ExpectAView(CommandId id, const Octets& pdu) {
  const Result<MessageView, Status> view = ViewMessage(id, pdu);
  const Status judged = JudgePdu(id, Bytes(pdu).subspan(kHeaderOctets));
  ASSERT_EQ(view.ok() ? Status::ESME_ROK : view.error(), judged) << ToHex(pdu);
  if (!view) return;
  EXPECT_GE(SegmentCount(*view), 1u);
  const Octets out =
      RewriteReceipt(*view, ReadReceipt(*view), pdu, {.message_id = "7261234567890123456"});
  if (out.empty()) return;
  const Result<MessageView, Status> after = ViewMessage(id, out);
  ASSERT_TRUE(after.ok()) << ToHex(pdu) << "\n" << ToHex(out);
  const Receipt receipt = ReadReceipt(*after);
  EXPECT_TRUE(receipt.id.empty() || receipt.id == "7261234567890123456") << ToHex(pdu);
}

TEST(Mutation, NeverCrashesAndAlwaysComesBack) {
  Mutator mutator(kSeed);
  int whole = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Octets pdu = mutator.Next();
    const Verdict verdict = JudgeStream(pdu, kPduOctetsMaxDefault);
    PrintPdu(pdu);
    if (verdict.octets != pdu.size()) continue;
    const CommandId id = ReadHeader(pdu.data()).command_id;
    VisitPdu(id, [&]<class P>() { ExpectTheSameWayBack<P>(pdu); });
    if (id == CommandId::submit_sm || id == CommandId::deliver_sm || id == CommandId::data_sm) {
      ExpectAView(id, pdu);
    }
    if (HasFatalFailure()) return;
    whole += verdict.status == Status::ESME_ROK;
  }
  EXPECT_GT(whole,
            kRounds / 10);  // else the mutator only makes rubbish, and the way back is hardly tried
}

TEST(Mutation, EveryGoldenPduCutAnywhereIsJudgedWithoutHarm) {
  for (const Json& vector : ValidVectors()) {
    const Octets pdu = FromHex(vector["hex"].get<std::string>());
    for (std::size_t n = 0; n < pdu.size(); ++n) {
      Octets cut(pdu.begin(), pdu.begin() + static_cast<std::ptrdiff_t>(n));
      EXPECT_EQ(JudgeStream(cut, kPduOctetsMaxDefault).reply, Verdict::Reply::kWait);
      if (n < kHeaderOctets) continue;
      WriteU32(cut.data(), static_cast<std::uint32_t>(n));  // as if it had been meant so
      EXPECT_EQ(JudgeStream(cut, kPduOctetsMaxDefault).octets, n);
      EXPECT_TRUE(RoundTrip(cut).empty() || RoundTrip(cut) == cut);
    }
  }
}

}  // namespace
}  // namespace smpp::test
