// Questions to the archive of one node, asked and answered at once.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "server/store/pg_archive.h"
#include "tests/unit/server/store/archive_rig.h"

namespace hub::test {

class PgArchiveTest : public testing::Test {
 protected:
  store::MessagePage Messages(const store::MessageQuery& query) {
    return AskNow<store::MessagePage>(
        [&](auto done) { return archive_->LoadMessages(query, done); });
  }
  store::MessageQuery Due(std::int32_t limit = 100, std::int64_t in_s = 0) {
    store::MessageQuery query;
    query.message_class = "transactional";
    query.due_us = ToMicros(SystemClock().WallNow()) + in_s * kSecond;
    query.limit = limit;
    return query;
  }
  store::ReceiptPage Receipts(const store::ReceiptQuery& query) {
    return AskNow<store::ReceiptPage>(
        [&](auto done) { return archive_->LoadReceipts(query, done); });
  }
  store::FoundPage Find(const std::vector<store::UpstreamKey>& keys) {
    return AskNow<store::FoundPage>([&](auto done) { return archive_->Find(keys, done); });
  }
  static std::vector<MessageId> IdsOf(const store::MessagePage& page) {
    std::vector<MessageId> ids;
    for (const store::StoredMessage& message : page.messages) ids.push_back(message.message_id);
    return ids;
  }
  void AddQueued(MessageId id, const QueueValues& values = {}) {
    rig_.AddMessage(id, {.basis = "upstream_ack"});
    rig_.AddQueued(id, values);
  }

  ArchiveRig rig_;
  std::unique_ptr<store::PgArchive> archive_ = rig_.Archive();
};

}  // namespace hub::test
