// What one look over the whole journal finds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/journal/file_journal.h"
#include "server/store/records.h"

namespace hub::store {

/// A HandedRecord without its AttemptRecord: nobody knows whether the supplier took it.
struct OpenSubmit {
  HandedRecord handed;  // its texts are empty; they stand here:
  std::string source_addr, destination_addr;
  bool taken_late = false;  // an earlier attempt was: the message is not to be sent again
};

struct JournalScan {
  std::vector<OpenSubmit> open;   // by message and attempt
  MessageId last_message_id = 0;  // no id up to it may be given again
  std::int64_t records = 0;
};

/// A frame of a kind that we do not know, or whose octets are no such record.
Error UnknownRecord(const journal::FileJournal& journal, const journal::Frame& frame);

/// Reads every segment that is still there. Errors name file and offset.
Outcome<JournalScan> ScanJournal(const journal::FileJournal& journal);

}  // namespace hub::store
