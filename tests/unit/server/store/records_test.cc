#include "server/store/records.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "server/base/random.h"

namespace hub::test {
namespace {

using namespace hub::store;
using journal::FrameBuffer;
using journal::kFrameHeaderOctets;

constexpr std::uint8_t kPdu[] = {0, 0, 0, 16, 0, 0, 0, 4, 0xff, 0x80};

HandedRecord Handed() {
  HandedRecord r;
  r.message_id = 0x7fff'ffff'ffff'fff1;
  r.attempt_no = 3;
  r.supplier_id = 7;
  r.rate_id = -1;
  r.rate = {12'000'001};
  r.segments = 4;
  r.at_us = 1'795'176'000'123'456;
  r.answered = true;
  r.possible_duplicate = true;
  r.client_id = 5;
  r.network_id = 6;
  r.source_addr = "caf\xe9";
  r.destination_addr = "447700900123";
  return r;
}

MessageRecord Message() {
  MessageRecord r;
  r.message_id = 12;
  r.client_id = 1;
  r.account_id = 2;
  r.network_id = 3;
  r.source_addr = "ACME";
  r.destination_addr = "447700900123";
  r.message_class = "otp";
  r.source_addr_ton = 5;
  r.source_addr_npi = 1;
  r.dest_addr_ton = 2;
  r.dest_addr_npi = 8;
  r.data_coding = 0xf5;
  r.registered_delivery = 17;
  r.esm_class = 0x43;
  r.segments = 2;
  r.rate_id = 4;
  r.rate = {20'000'000};
  r.amount = {std::numeric_limits<std::int64_t>::max()};
  r.basis = ChargeBasis::kDelivered;
  r.accepted_at_us = 1'795'176'000'000'000;
  r.supplier_id = 9;
  r.attempts = 2;
  r.script_version = 11;
  r.decision = "beta 0.021 taken";
  r.dedupe_key = std::string_view("0123456789abcde\0", 16);
  r.priority = 3;
  r.next_at_us = std::numeric_limits<std::int64_t>::max();
  r.expires_at_us = std::numeric_limits<std::int64_t>::min();
  r.pdu = kPdu;
  return r;
}

AttemptRecord Attempt() {
  AttemptRecord r;
  r.message_id = 12;
  r.attempt_no = 2;
  r.supplier_id = 9;
  r.result = AttemptResult::kUnknown;
  r.possible_duplicate = true;
  r.resolves_hold = true;
  r.command_status = 0xffff'ffff;
  r.upstream_id = "0xAbC";
  r.upstream_key = "abc";
  r.sent_at_us = 1;
  r.ended_at_us = 2;
  r.rate_id = 3;
  r.rate = {4};
  r.cost = {-5};
  r.segments = 6;
  return r;
}

OutcomeRecord Final() {
  OutcomeRecord r;
  r.message_id = 12;
  r.supplier_id = 9;
  r.message_state = 2;
  r.cause = OutcomeCause::kUnknown;
  r.moves_money = true;
  r.error = "000";
  r.received_at_us = 3;
  return r;
}

RejectRecord Reject() {
  RejectRecord r;
  r.message_id = 12;
  r.client_id = 1;
  r.network_id = 3;
  r.source_addr = "ACME";
  r.destination_addr = "44";
  r.reason = "no_route";
  r.command_status = 0x0b;
  r.at_us = 5;
  r.decision = "alpha no_rate";
  return r;
}

QueuedRecord Queued() {
  QueuedRecord r;
  r.message_id = 12;
  r.next_at_us = 77;
  r.cycles = 2;
  r.attempts = 5;
  r.possible_duplicate = true;
  return r;
}

ReceiptRecord Receipt() {
  ReceiptRecord r;
  r.receipt_id = 13;
  r.message_id = 12;
  r.client_id = 1;
  r.message_state = 5;
  r.is_final = true;
  r.received_at_us = 6;
  r.expires_at_us = 7;
  r.supplier_id = 8;
  r.pdu = kPdu;
  return r;
}

ReceiptEndRecord End() {
  ReceiptEndRecord r;
  r.receipt_id = 13;
  r.message_id = 12;
  r.end = ReceiptEnd::kTriedAgain;
  r.tries = 9;
  r.possible_duplicate = true;
  r.is_final = true;
  r.command_status = 0x64;
  r.at_us = 8;
  return r;
}

StrayReceiptRecord Stray() {
  StrayReceiptRecord r;
  r.supplier_id = 9;
  r.upstream_id = "0xAbC";
  r.message_state = 2;
  r.error = "000";
  r.destination_addr = "44";
  r.received_at_us = 9;
  return r;
}

ReplacedRecord Replaced() {
  ReplacedRecord r;
  r.message_id = 12;
  r.next_at_us = 77;
  r.expires_at_us = 78;
  r.registered_delivery = 1;
  r.pdu = kPdu;
  return r;
}

LateAnswerRecord Late() {
  LateAnswerRecord r;
  r.message_id = 12;
  r.attempt_no = 2;
  r.accepted = true;
  r.resolves_hold = true;
  r.command_status = 0xffff'ffff;
  r.at_us = 3;
  r.cost = {5};
  r.upstream_id = "0xAbC";
  r.upstream_key = "abc";
  return r;
}

template <class R>
std::vector<std::uint8_t> FrameOf(const R& record) {
  FrameBuffer frames;
  Encode(record, &frames);
  return {frames.octets().begin(), frames.octets().end()};
}

// Octets come back as octets: a field that were left out or misplaced by one of encoder and decoder alone would show.
template <class R>
void ComesBack(const R& record, RecordKind kind) {
  const auto frame = FrameOf(record);
  ASSERT_EQ(frame[kFrameHeaderOctets - 1], static_cast<std::uint8_t>(kind));
  const Bytes payload = Bytes(frame).subspan(kFrameHeaderOctets);
  R back;
  ASSERT_TRUE(Decode(payload, &back));
  EXPECT_EQ(FrameOf(back), frame);
  EXPECT_NE(FrameOf(R{}), frame);
  for (std::size_t size = 0; size < payload.size(); ++size) {
    const std::vector<std::uint8_t> cut(payload.begin(),
                                        payload.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(Decode(cut, &back)) << size;  // a vector of its own: ASan watches its end
  }
  std::vector<std::uint8_t> longer(payload.begin(), payload.end());
  longer.push_back(0);
  EXPECT_FALSE(Decode(longer, &back));
}

TEST(Records, ComeBackWholeOrNotAtAll) {
  ComesBack(Handed(), RecordKind::kHanded);
  ComesBack(Message(), RecordKind::kMessage);
  ComesBack(MessageRecordV1{Message()}, RecordKind::kMessageV1);
  ComesBack(Attempt(), RecordKind::kAttempt);
  ComesBack(Final(), RecordKind::kOutcome);
  ComesBack(Reject(), RecordKind::kReject);
  ComesBack(Queued(), RecordKind::kQueued);
  ComesBack(QueueEndRecord{12}, RecordKind::kQueueEnd);
  ComesBack(Receipt(), RecordKind::kReceipt);
  ComesBack(ReceiptRecordV1{Receipt()}, RecordKind::kReceiptV1);
  ComesBack(End(), RecordKind::kReceiptEnd);
  ComesBack(Stray(), RecordKind::kStrayReceipt);
  ComesBack(Replaced(), RecordKind::kReplaced);
  ComesBack(Late(), RecordKind::kLateAnswer);
}

// Field by field, for the record with the most of them: a round trip alone would not see a field that the walk forgot.
TEST(Records, AMessageKeepsEveryField) {
  const MessageRecord given = Message();
  const auto frame = FrameOf(given);
  MessageRecord r;
  ASSERT_TRUE(Decode(Bytes(frame).subspan(kFrameHeaderOctets), &r));
  EXPECT_EQ(r.message_id, given.message_id);
  EXPECT_EQ(r.client_id, given.client_id);
  EXPECT_EQ(r.account_id, given.account_id);
  EXPECT_EQ(r.network_id, given.network_id);
  EXPECT_EQ(r.source_addr, given.source_addr);
  EXPECT_EQ(r.destination_addr, given.destination_addr);
  EXPECT_EQ(r.message_class, given.message_class);
  EXPECT_EQ(r.source_addr_ton, given.source_addr_ton);
  EXPECT_EQ(r.source_addr_npi, given.source_addr_npi);
  EXPECT_EQ(r.dest_addr_ton, given.dest_addr_ton);
  EXPECT_EQ(r.dest_addr_npi, given.dest_addr_npi);
  EXPECT_EQ(r.data_coding, given.data_coding);
  EXPECT_EQ(r.registered_delivery, given.registered_delivery);
  EXPECT_EQ(r.esm_class, given.esm_class);
  EXPECT_EQ(r.segments, given.segments);
  EXPECT_EQ(r.rate_id, given.rate_id);
  EXPECT_EQ(r.rate, given.rate);
  EXPECT_EQ(r.amount, given.amount);
  EXPECT_EQ(r.basis, given.basis);
  EXPECT_EQ(r.accepted_at_us, given.accepted_at_us);
  EXPECT_EQ(r.supplier_id, given.supplier_id);
  EXPECT_EQ(r.attempts, given.attempts);
  EXPECT_EQ(r.script_version, given.script_version);
  EXPECT_EQ(r.decision, given.decision);
  EXPECT_EQ(r.dedupe_key, given.dedupe_key);
  EXPECT_EQ(r.priority, given.priority);
  EXPECT_EQ(r.next_at_us, given.next_at_us);
  EXPECT_EQ(r.expires_at_us, given.expires_at_us);
  EXPECT_EQ(smpp::AsText(r.pdu), smpp::AsText(given.pdu));
}

// A journal of the version before has them, and is settled by this one.
TEST(Records, OfEarlierKindsAreReadAndSayNothingOfWhatTheyDidNotKnow) {
  const auto old_message = FrameOf(MessageRecordV1{Message()});
  const auto old_receipt = FrameOf(ReceiptRecordV1{Receipt()});
  ASSERT_EQ(old_message[kFrameHeaderOctets - 1], 2);
  ASSERT_EQ(old_receipt[kFrameHeaderOctets - 1], 8);
  EXPECT_EQ(old_message.size() + sizeof(MessageRecord::esm_class), FrameOf(Message()).size());
  EXPECT_EQ(old_receipt.size() + sizeof(ReceiptRecord::supplier_id), FrameOf(Receipt()).size());
  MessageRecord message;
  ReceiptRecord receipt;
  const auto take = [&](const auto& record) {
    using R = std::decay_t<decltype(record)>;
    if constexpr (std::is_base_of_v<MessageRecord, R>) message = record;
    if constexpr (std::is_base_of_v<ReceiptRecord, R>) receipt = record;
  };
  ASSERT_TRUE(DecodeAny(2, Bytes(old_message).subspan(kFrameHeaderOctets), take));
  ASSERT_TRUE(DecodeAny(8, Bytes(old_receipt).subspan(kFrameHeaderOctets), take));
  MessageRecord known = Message();
  ReceiptRecord of = Receipt();
  known.esm_class = kNoEsmClass;
  of.supplier_id = 0;
  EXPECT_EQ(FrameOf(message), FrameOf(known));
  EXPECT_EQ(FrameOf(receipt), FrameOf(of));
  const auto now = FrameOf(Message());
  EXPECT_FALSE(DecodeAny(2, Bytes(now).subspan(kFrameHeaderOctets), take));
  EXPECT_FALSE(DecodeAny(14, Bytes(old_message).subspan(kFrameHeaderOctets), take));
}

TEST(Records, ALateAnswerKeepsEveryField) {
  const auto frame = FrameOf(Late());
  LateAnswerRecord r;
  ASSERT_TRUE(Decode(Bytes(frame).subspan(kFrameHeaderOctets), &r));
  EXPECT_EQ(r.message_id, 12u);
  EXPECT_EQ(r.attempt_no, 2);
  EXPECT_TRUE(r.accepted && r.resolves_hold);
  EXPECT_EQ(r.command_status, 0xffff'ffff);
  EXPECT_EQ(r.at_us, 3);
  EXPECT_EQ(r.cost, Nano{5});
  EXPECT_EQ(r.upstream_id, "0xAbC");
  EXPECT_EQ(r.upstream_key, "abc");
}

// On disk for good: this frame was written by the first version.
TEST(Records, StandOnDiskAsTheyAlwaysDid) {
  const auto frame = FrameOf(QueuedRecord{0x0102, 0x0304, 5, 6, true});
  const std::vector<std::uint8_t> payload(frame.begin() + kFrameHeaderOctets, frame.end());
  EXPECT_EQ(payload, (std::vector<std::uint8_t>{25, 0, 0, 0,              // of the fixed part
                                                2,  1, 0, 0, 0, 0, 0, 0,  // message_id
                                                4,  3, 0, 0, 0, 0, 0, 0,  // next_at_us
                                                5,  0, 0, 0, 6, 0, 0, 0,  // cycles, attempts
                                                1}));                     // possible_duplicate
}

// As the version before wrote it: what an update finds.
TEST(Records, OfEarlierKindsStandOnDiskAsTheyDid) {
  ReceiptRecord r;
  r.receipt_id = 0x0102;
  r.message_id = 0x0304;
  r.client_id = 5;
  r.message_state = 6;
  r.is_final = true;
  r.received_at_us = 7;
  r.expires_at_us = 8;
  r.supplier_id = 9;  // not told
  const auto frame = FrameOf(ReceiptRecordV1{r});
  const std::vector<std::uint8_t> payload(frame.begin() + kFrameHeaderOctets, frame.end());
  EXPECT_EQ(payload, (std::vector<std::uint8_t>{42, 0, 0, 0,              // of the fixed part
                                                2,  1, 0, 0, 0, 0, 0, 0,  // receipt_id
                                                4,  3, 0, 0, 0, 0, 0, 0,  // message_id
                                                5,  0, 0, 0, 0, 0, 0, 0,  // client_id
                                                6,  1,                    // message_state, is_final
                                                7,  0, 0, 0, 0, 0, 0, 0,  // received_at_us
                                                8,  0, 0, 0, 0, 0, 0, 0,  // expires_at_us
                                                0,  0, 0, 0}));           // pdu
  EXPECT_EQ(FrameOf(MessageRecordV1{Message()})[kFrameHeaderOctets], 112) << "of the fixed part";
}

TEST(Records, EnumsAndBooleansOutOfRangeAreNoRecord) {
  auto frame = FrameOf(QueuedRecord{1, 2, 3, 4, false});
  frame.back() = 2;
  QueuedRecord queued;
  EXPECT_FALSE(Decode(Bytes(frame).subspan(kFrameHeaderOctets), &queued));
  auto end = FrameOf(ReceiptEndRecord{});
  end.back() = 4;  // behind kTriedAgain
  ReceiptEndRecord ended;
  EXPECT_FALSE(Decode(Bytes(end).subspan(kFrameHeaderOctets), &ended));
}

TEST(Records, GarbageIsRefusedWithoutReadingBeyondIt) {
  Random random(5);
  int taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto frame = FrameOf(Message());
    std::vector<std::uint8_t> payload(frame.begin() + kFrameHeaderOctets, frame.end());
    payload.resize(random.Below(payload.size() + 1));
    for (std::uint64_t n = random.Below(6); n > 0 && !payload.empty(); --n) {
      payload[random.Below(payload.size())] = static_cast<std::uint8_t>(random.Below(256));
    }
    DecodeAny(static_cast<std::uint8_t>(random.Below(16)), payload, [&](const auto&) { ++taken; });
  }
  EXPECT_LT(taken, 2'000);
}

TEST(Records, AreDecodedByTheirKind) {
  const auto frame = FrameOf(Attempt());
  const Bytes payload = Bytes(frame).subspan(kFrameHeaderOctets);
  std::string_view id;
  const auto take = [&](const auto& record) {
    if constexpr (std::is_same_v<std::decay_t<decltype(record)>, AttemptRecord>) {
      id = record.upstream_id;
    }
  };
  EXPECT_TRUE(DecodeAny(3, payload, take));
  EXPECT_EQ(id, "0xAbC");
  EXPECT_FALSE(DecodeAny(4, payload, take));
  EXPECT_FALSE(DecodeAny(11, payload, take));
}

}  // namespace
}  // namespace hub::test
