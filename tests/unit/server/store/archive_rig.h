// An archive over a real PostgreSQL, and rows as the settler would write them.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "server/base/check.h"
#include "server/base/clock.h"
#include "server/store/pg_archive.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {

constexpr std::int64_t kSecond = 1'000'000;  // microseconds

/// Values of SQL from here on; a time is microseconds since 1970.
struct MessageValues {
  std::int64_t client_id = 1;
  std::int64_t accepted_ago_s = 0;
  int registered_delivery = 1;
  std::string basis = "submit";
  std::string amount = "0.02";
  std::string message_class = "transactional";
};

struct QueueValues {
  std::string message_class = "transactional";
  std::string next_at = "now()";
  int node_id = 1;
  std::int64_t client_id = 1;
};

struct ReceiptValues {
  std::int64_t client_id = 1;
  std::string expires_at = "now() + interval '1 hour'";
  int node_id = 1;
  std::int64_t epoch = 2;
  int tries = 0;
};

class ArchiveRig {
 public:
  /// SmallWorld, node 1 in epoch 2 of a journal that is settled up to 100.
  ArchiveRig();

  /// With its own connection; `durable_end` is what the journal says.
  std::unique_ptr<store::PgArchive> Archive(const store::ArchiveLimits& limits = {},
                                            std::int64_t statement_timeout_ms = 10'000);
  std::atomic<journal::Position> durable_end{100};

  /// An id made so long ago.
  static MessageId Id(std::int64_t ago_s, unsigned node = 1, unsigned loop = 0, unsigned n = 0);

  void Run(const std::string& sql);
  void AddMessage(MessageId id, const MessageValues& values = {});
  void AddQueued(MessageId id, const QueueValues& values = {});
  void AddReceipt(std::uint64_t receipt_id, MessageId id, const ReceiptValues& values = {});
  void AddAttempt(MessageId id, std::int64_t supplier_id, const std::string& key,
                  const std::string& result = "accepted");
  void AddOutcome(MessageId id);
  /// A batch of the node was settled; the newest id in it.
  void AddBatch(MessageId newest);

  std::string database;
  store::Pg pg;

 private:
  int batches_ = 0;
};

/// Asks and waits: AskNow<MessagePage>([&](auto done) { return archive->LoadMessages(query, done); }).
template <class Page, class Ask>
Page AskNow(Ask ask) {
  auto answer = std::make_shared<std::promise<Page>>();
  auto future = answer->get_future();
  HUB_CHECK(ask([answer](Page page) { answer->set_value(std::move(page)); }));
  HUB_CHECK(future.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
  return future.get();
}

}  // namespace hub::test
