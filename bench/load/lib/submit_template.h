// The submit_sm of a run, encoded once; each message patches its sequence number and its destination in place.
#pragma once

#include <vector>

#include "bench/load/lib/esme_options.h"
#include "protocol/wire/bytes.h"
#include "server/base/error.h"

namespace hub::load {

class SubmitTemplate {
 public:
  /// A text that is plain ASCII goes out as data_coding 0, any other as UCS-2. The error names an option that no
  /// submit_sm can hold.
  static Outcome<SubmitTemplate> Make(const EsmeOptions& options);

  /// The PDU of the nth message; good until the next call. Destinations repeat only when their digits run out.
  smpp::Bytes Message(std::uint64_t n, std::uint32_t sequence_number);

 private:
  std::uint64_t Number(std::uint64_t n) const;  // its low digits_ digits count

  std::vector<std::uint8_t> pdu_;
  std::size_t digits_offset_ = 0;  // of what follows dest_prefix
  std::size_t digits_ = 0;
  std::uint64_t stride_ = 1;  // from one number to the next, round and round
  std::uint64_t span_ = 1;    // how many numbers there are
};

}  // namespace hub::load
