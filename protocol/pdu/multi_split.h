// One submit_multi as the submit_sm that it stands for, one a destination: every octet but the destination as it came.
#pragma once

#include "protocol/pdu/submit_multi.h"

namespace smpp {

/// Walks the destinations of a submit_multi. Borrows from its octets.
///
///     submit_multi: [header][service_type, source][number_of_dests, dest_address ...][esm_class ... TLVs]
///     submit_sm:    [header'][service_type, source][ton, npi, destination_addr]      [esm_class ... TLVs]
class MultiSplit {
 public:
  /// `pdu` is whole, header included, and Decode<SubmitMulti> found it good.
  explicit MultiSplit(Bytes pdu);

  /// number_of_dests.
  std::size_t count() const { return count_; }
  /// The next destination; false behind the last one.
  bool Next(DestAddress& dest);

  /// Octets of the submit_sm to an SME.
  std::size_t octets(const DestAddress& dest) const;
  /// Writes it: octets(dest) octets at `out`. Its sequence_number is 0, and so is its command_status.
  void Write(const DestAddress& dest, std::uint8_t* out) const;

 private:
  Bytes head_, tail_;  // what stands before number_of_dests, and behind the last entry
  std::size_t count_;
  Reader dests_;
};

}  // namespace smpp
