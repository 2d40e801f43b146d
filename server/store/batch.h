// A batch of records as PostgreSQL gets it: built once, sent as often as it takes, always the same
// octets and key.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/store/pg.h"
#include "server/store/records.h"
#include "server/store/store.h"

namespace hub::store {

struct BatchKey {
  std::int32_t node_id = 0;
  std::int64_t epoch = 0;
  std::int64_t batch_seq = 0;
};

struct Batch {
  BatchKey key;
  std::int64_t records = 0;
  MessageId last_message_id = 0;                      // the largest the node ever used, so far
  std::string messages, attempts, outcomes, rejects;  // COPY streams; "" when there is no row
  std::vector<std::int64_t> accounts;                 // charged, ascending
  std::vector<std::string> amounts;                   // decimals, one an account
  std::string total;                                  // their sum
};

/// `last_message_id` is the largest of all batches before.
Batch BuildBatch(BatchKey key, MessageId last_message_id, const std::vector<Record>& records);

/// What a settling session needs once, after it was connected.
Outcome<Done> PrepareToSettle(Pg& pg);

/// One transaction: key, rows, usage. Done also when the key was there already. After an error
/// nothing is known when the connection was lost (try the same batch again), and nothing was
/// written otherwise.
Outcome<Done> SettleBatch(Pg& pg, const Batch& batch);

}  // namespace hub::store
