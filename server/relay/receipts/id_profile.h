// How ids of a supplier's responses and receipts are brought to one form.
#pragma once

#include "protocol/receipt/id_form.h"
#include "server/store/catalog.h"

namespace hub::relay {

constexpr smpp::IdProfile ProfileOf(store::IdForm form) {
  switch (form) {
    case store::IdForm::kSame:
      return smpp::IdProfile::same;
    case store::IdForm::kHexToDec:
      return smpp::IdProfile::hex_to_dec;
    case store::IdForm::kDecToHex:
      return smpp::IdProfile::dec_to_hex;
    case store::IdForm::kAuto:
      break;
  }
  return smpp::IdProfile::automatic;
}

}  // namespace hub::relay
