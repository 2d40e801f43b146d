#include "bench/load/lib/status_counts.h"

#include <gtest/gtest.h>

namespace hub::load {
namespace {

using smpp::Status;

TEST(StatusCounts, CountsThoseOfTheSpecAndThoseOfVendors) {
  StatusCounts counts;
  EXPECT_EQ(counts.Json(), "{}");
  for (int i = 0; i < 3; ++i) counts.Add(Status::ESME_ROK);
  counts.Add(static_cast<Status>(0xFFFFFFFF));
  counts.Add(static_cast<Status>(0x401));
  counts.Add(static_cast<Status>(0x401));
  counts.Add(static_cast<Status>(0xFF));
  counts.Add(static_cast<Status>(0x90));
  EXPECT_EQ(counts.Of(Status::ESME_ROK), 3u);
  EXPECT_EQ(counts.Of(static_cast<Status>(0x401)), 2u);
  EXPECT_EQ(counts.Of(static_cast<Status>(0x402)), 0u);
  EXPECT_EQ(counts.Of(Status::ESME_RTHROTTLED), 0u);
  EXPECT_EQ(
      counts.Json(),
      "{\"ESME_ROK\":3,\"0x00000090\":1,\"ESME_RUNKNOWNERR\":1,\"0x00000401\":2,\"0xFFFFFFFF\":1}");
}

}  // namespace
}  // namespace hub::load
