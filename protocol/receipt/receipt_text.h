// A receipt's text as Appendix B writes it: for the hub's own receipts and for simulators.
#pragma once

#include <chrono>
#include <string>

#include "protocol/receipt/message_state.h"

namespace smpp {

struct ReceiptParts {
  std::string_view id = {};                // as it is to be read, 1..64 characters
  unsigned submitted = 1;                  // sub: 0..999
  unsigned delivered = 1;                  // dlvrd: 0..999
  std::chrono::sys_seconds submit_date{};  // UTC
  std::chrono::sys_seconds done_date{};    // UTC
  MessageState state = MessageState::DELIVERED;
  std::string_view err = "000";  // three characters by Appendix B; written as given
  std::string_view text = {};    // the message's first 20 characters go in, octets as they are
};

/// "id:42 sub:001 dlvrd:001 submit date:2611201200 done date:2611201201 stat:DELIVRD err:000
/// text:Hello".
/// At most 64 + 120 octets with an id of 64 characters: fits short_message.    SMPP v3.4 Appendix B
std::string BuildReceiptText(const ReceiptParts& parts);

/// YYMMDDhhmm.
std::string ReceiptDate(std::chrono::sys_seconds time);

}  // namespace smpp
