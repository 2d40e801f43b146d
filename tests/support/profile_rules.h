// Rules of a supplier's profile as tests write them: by the fields that matter.
#pragma once

#include "server/store/supplier_profile.h"

namespace hub::test {

struct TlvSpec {
  std::uint16_t tag = 0;
  store::TlvAction action = store::TlvAction::kDrop;
  std::uint16_t to_tag = 0;
  bool has_value = false;
  std::vector<std::uint8_t> value = {};

  operator store::TlvRule() const { return {tag, action, to_tag, has_value, value}; }
};

struct AddressSpec {
  store::AddressSide side = store::AddressSide::kSource;
  std::int16_t ton = store::kAnyTonNpi, npi = store::kAnyTonNpi;
  std::string prefix = {};
  store::AddressAction action = store::AddressAction::kKeep;
  std::string to = {};
  std::int16_t to_ton = store::kAnyTonNpi, to_npi = store::kAnyTonNpi;

  operator store::AddressRule() const {
    return {side, ton, npi, prefix, action, to, to_ton, to_npi};
  }
};

}  // namespace hub::test
