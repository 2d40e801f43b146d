// A batch of a node in a few plain statements: money.settle_begin and money.settle_usage are the real ones, the rows are
// written without the journal's records. For tests of credit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/message_id.h"
#include "server/base/money.h"
#include "server/store/pg.h"

namespace hub::test {

/// money.node.journal_id of a test's node; another one after the first was lost.
std::string JournalOf(int node, int journal = 0);

/// money.node_start; the epoch. What earlier epochs hold stays theirs until money.lease_close_all.
std::int64_t StartNode(store::Pg& pg, int node, int journal = 0);

struct PlainMessage {
  MessageId id = 0;
  std::int64_t account_id = 0;
  Nano amount;
  std::string basis = "submit";
};

/// The end of a message: decides what becomes of held money.
struct PlainEnd {
  MessageId id = 0;
  std::int64_t message_state = 2;  // SMPP v3.4 §5.2.28
  std::string cause = "receipt";
};

struct PlainBatch {
  int node = 1;
  std::int64_t epoch = 1;
  std::int64_t from = 0, to = 0;  // positions of the journal
  std::vector<PlainMessage> messages;
  std::vector<PlainEnd> ends;
  int journal = 0;
};

/// One transaction. true: written now; false: it was there already.
Outcome<bool> Settle(store::Pg& pg, const PlainBatch& batch);

}  // namespace hub::test
