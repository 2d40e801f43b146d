// What a run of esmeload found out, and how it is told.
#pragma once

#include <map>
#include <string>

#include "bench/load/lib/histogram.h"
#include "bench/load/lib/receipt_book.h"
#include "bench/load/lib/status_counts.h"
#include "protocol/receipt/message_state.h"

namespace hub::load {

struct EsmeResults {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t overdue = 0;  // at a rate: due before sending ended, and never sent
  std::uint64_t lost = 0;     // their connection broke before the answer
  std::uint64_t connections_lost = 0;
  std::uint64_t binds = 0;  // accepted, again ones too
  std::uint64_t binds_refused = 0;
  std::uint64_t missing_ids = 0;    // ESME_ROK without a message_id
  std::uint64_t strays = 0;         // answers to nothing, broken deliveries
  std::uint64_t delivered = 0;      // deliver_sm that are no receipts
  std::uint64_t intermediates = 0;  // receipts that are not final
  StatusCounts statuses;
  std::map<smpp::MessageState, std::uint64_t> receipt_states;
  ReceiptBook receipts;
  Histogram latencies;           // of all answers
  Histogram accepted_latencies;  // ESME_ROK
  Histogram refused_latencies;   // any other status
  Duration elapsed{0};           // first message to last answer
  bool idle = false;             // nothing was to be sent
  bool receipts_asked = false;
  bool receipts_awaited = false;
  std::string failure;  // why the run was given up, "" if it was not

  /// Every message was answered and, where they were waited for, every receipt came, once. Of an idle run: every bind stood
  /// to its end.
  bool ok() const;
  std::uint64_t per_second() const;
  std::string Table() const;
  std::string Json() const;  // one line
};

}  // namespace hub::load
