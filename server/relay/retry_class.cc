#include "server/relay/retry_class.h"

namespace hub::relay {
namespace {

RetryClass ClassOf(store::StatusClass c) {
  switch (c) {
    case store::StatusClass::kThrottle:
      return RetryClass::kThrottle;
    case store::StatusClass::kTransient:
      return RetryClass::kTransient;
    case store::StatusClass::kPermanent:
      return RetryClass::kPermanent;
  }
  return RetryClass::kVendor;
}

}  // namespace

RetryClass Classify(smpp::Status status,
                    const std::map<std::uint32_t, store::StatusClass>& of_supplier) {
  const auto own = of_supplier.find(static_cast<std::uint32_t>(status));
  return own == of_supplier.end() ? Classify(status) : ClassOf(own->second);
}

}  // namespace hub::relay
