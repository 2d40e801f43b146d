#include "server/relay/retry_class.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace hub::relay {
namespace {

// The table once more, as numbers from the page of real peers' behaviour, so that a slip in the .def shows.
struct NumberRow {
  std::uint32_t first, last;
  RetryClass retry_class;
};
constexpr NumberRow kNumbers[] = {
    {0x58, 0x58, RetryClass::kThrottle},    {0x14, 0x14, RetryClass::kThrottle},
    {0x08, 0x08, RetryClass::kTransient},   {0x64, 0x64, RetryClass::kTransient},
    {0x45, 0x45, RetryClass::kTransient},   {0x67, 0x67, RetryClass::kTransient},
    {0xFE, 0xFE, RetryClass::kTransient},   {0xFF, 0xFF, RetryClass::kTransient},
    {0x04, 0x04, RetryClass::kTransient},   {0x01, 0x01, RetryClass::kPermanent},
    {0x06, 0x07, RetryClass::kPermanent},   {0x15, 0x15, RetryClass::kPermanent},
    {0x0A, 0x0B, RetryClass::kPermanent},   {0x33, 0x34, RetryClass::kPermanent},
    {0x40, 0x40, RetryClass::kPermanent},   {0x42, 0x44, RetryClass::kPermanent},
    {0x48, 0x51, RetryClass::kPermanent},   {0x54, 0x55, RetryClass::kPermanent},
    {0x61, 0x63, RetryClass::kPermanent},   {0x65, 0x66, RetryClass::kPermanent},
    {0xC0, 0xC4, RetryClass::kPermanent},   {0x100, 0x101, RetryClass::kPermanent},
    {0x102, 0x102, RetryClass::kTransient}, {0x103, 0x112, RetryClass::kPermanent},
    {0x0D, 0x0F, RetryClass::kLink},        {0x53, 0x53, RetryClass::kLink},
    {0x05, 0x05, RetryClass::kLink},        {0x02, 0x03, RetryClass::kLink},
};

TEST(RetryClass, OfEachStatusIsThatOfTheTable) {
  std::map<std::uint32_t, RetryClass> expected;
  for (const NumberRow& row : kNumbers) {
    for (std::uint32_t status = row.first; status <= row.last; ++status) {
      EXPECT_TRUE(expected.emplace(status, row.retry_class).second) << status;
    }
  }
  for (std::uint32_t status = 1; status <= 0x1000; ++status) {
    const auto row = expected.find(status);
    const RetryClass want = row == expected.end() ? RetryClass::kVendor : row->second;
    EXPECT_EQ(Classify(smpp::Status{status}), want) << std::hex << status;
  }
}

TEST(RetryClass, OfAnyOtherValueIsVendor) {
  for (const std::uint32_t status : {0x113u, 0x400u, 0x4FFu, 0x500u, 0x80000000u, 0xFFFFFFFFu}) {
    EXPECT_EQ(Classify(smpp::Status{status}), RetryClass::kVendor) << std::hex << status;
  }
}

TEST(RetryClass, NoStatusStandsInTwoRows) {
  std::set<std::uint32_t> seen;
  const auto row = [&seen](smpp::Status first, smpp::Status last) {
    EXPECT_LE(first, last);
    for (auto v = static_cast<std::uint32_t>(first); v <= static_cast<std::uint32_t>(last); ++v) {
      EXPECT_TRUE(seen.insert(v).second) << std::hex << v;
    }
  };
#define RETRY(first, last, c, why) row(smpp::Status::first, smpp::Status::last);
#define DELIVERY(status, answer, why)
#include "server/relay/retry_class.def"
#undef DELIVERY
#undef RETRY
}

TEST(RetryClass, WhatTheSupplierMeansGoesFirst) {
  using store::StatusClass;
  const std::map<std::uint32_t, StatusClass> own{{0x400, StatusClass::kThrottle},
                                                 {0x08, StatusClass::kPermanent},
                                                 {0x0B, StatusClass::kTransient},
                                                 {0x14, StatusClass::kDefault},
                                                 {0x402, StatusClass::kDefault}};
  EXPECT_EQ(Classify(smpp::Status{0x400}, own), RetryClass::kThrottle);
  EXPECT_EQ(Classify(smpp::Status::ESME_RSYSERR, own), RetryClass::kPermanent);
  EXPECT_EQ(Classify(smpp::Status::ESME_RINVDSTADR, own), RetryClass::kTransient);
  EXPECT_EQ(Classify(smpp::Status{0x401}, own), RetryClass::kVendor);
  EXPECT_EQ(Classify(smpp::Status{0x402}, own), RetryClass::kVendor) << "as the table has it";
  EXPECT_EQ(Classify(smpp::Status::ESME_RMSGQFUL, own), RetryClass::kThrottle);
}

TEST(DeliveryAnswer, OfEachStatusIsThatOfTheTable) {
  const std::set<std::uint32_t> retried{0x58, 0x14, 0x08, 0x64, 0x45, 0x67, 0xFE, 0xFF};
  EXPECT_EQ(ClassifyDelivery(smpp::Status::ESME_ROK), DeliveryAnswer::kDone);
  for (std::uint32_t status = 1; status <= 0x1000; ++status) {
    const DeliveryAnswer want =
        retried.contains(status) ? DeliveryAnswer::kRetry : DeliveryAnswer::kFailed;
    EXPECT_EQ(ClassifyDelivery(smpp::Status{status}), want) << std::hex << status;
  }
}

}  // namespace
}  // namespace hub::relay
