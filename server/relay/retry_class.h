// What a peer's status means for what it was sent: try again, elsewhere, or never.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "protocol/wire/status.h"
#include "server/store/catalog.h"

namespace hub::relay {

/// A supplier's answer to a submit.
enum class RetryClass : std::uint8_t {
  kThrottle,   // slow the bind down, keep the order; the next route when it lasts
  kTransient,  // the next route at once, else later by the supplier's schedule
  kPermanent,  // never again at this supplier; its status is the client's answer
  kLink,       // the bind is at fault, not the message: mark the bind, the next route
  kVendor,     // no rule: as kTransient once, then as kPermanent; count it
};

/// A client's answer to a receipt or MO.
enum class DeliveryAnswer : std::uint8_t {
  kDone,    // it has it
  kRetry,   // offer it again after a while
  kFailed,  // it never wants it: recorded, not offered again
};

namespace internal {

inline constexpr std::size_t kListedStatuses = 0x113;  // v5.0's last is 0x112

constexpr auto MakeRetryTable() {
  std::array<RetryClass, kListedStatuses> table{};
  table.fill(RetryClass::kVendor);
  const auto set = [&table](smpp::Status first, smpp::Status last, RetryClass c) {
    for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i) {
      table[i] = c;
    }
  };
#define RETRY(first, last, c, why) set(smpp::Status::first, smpp::Status::last, RetryClass::c);
#define DELIVERY(status, answer, why)
#include "server/relay/retry_class.def"
#undef DELIVERY
#undef RETRY
  return table;
}
inline constexpr auto kRetryTable = MakeRetryTable();

}  // namespace internal

/// The class of a status other than ESME_ROK, by the default table.
constexpr RetryClass Classify(smpp::Status status) {
  const auto value = static_cast<std::uint32_t>(status);
  return value < internal::kRetryTable.size() ? internal::kRetryTable[value] : RetryClass::kVendor;
}

/// The same, but what the supplier's own table (SupplierRow::statuses) says goes first.
RetryClass Classify(smpp::Status status,
                    const std::map<std::uint32_t, store::StatusClass>& of_supplier);

constexpr DeliveryAnswer ClassifyDelivery(smpp::Status status) {
  switch (status) {
#define RETRY(first, last, c, why)
#define DELIVERY(status, answer, why) \
  case smpp::Status::status:          \
    return DeliveryAnswer::answer;
#include "server/relay/retry_class.def"
#undef DELIVERY
#undef RETRY
    default:
      return DeliveryAnswer::kFailed;
  }
}

static_assert(Classify(smpp::Status::ESME_RTHROTTLED) == RetryClass::kThrottle);
static_assert(Classify(smpp::Status{0x400}) == RetryClass::kVendor);
static_assert(ClassifyDelivery(smpp::Status::ESME_RX_P_APPN) == DeliveryAnswer::kFailed);

}  // namespace hub::relay
