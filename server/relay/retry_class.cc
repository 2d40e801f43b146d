#include "server/relay/retry_class.h"

namespace hub::relay {
namespace {

RetryClass ClassOf(smpp::Status status, store::StatusClass c) {
  switch (c) {
    case store::StatusClass::kThrottle:
      return RetryClass::kThrottle;
    case store::StatusClass::kTransient:
      return RetryClass::kTransient;
    case store::StatusClass::kPermanent:
      return RetryClass::kPermanent;
    case store::StatusClass::kDefault:
      break;
  }
  return Classify(status);
}

}  // namespace

RetryClass Classify(smpp::Status status,
                    const std::map<std::uint32_t, store::StatusClass>& of_supplier) {
  const auto own = of_supplier.find(static_cast<std::uint32_t>(status));
  return own == of_supplier.end() ? Classify(status) : ClassOf(status, own->second);
}

}  // namespace hub::relay
