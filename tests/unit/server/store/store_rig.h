// A Store on a database and a journal's folder of its own, and what a test writes into that journal.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "server/store/apply.h"
#include "server/store/store.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {

inline constexpr std::int64_t kPatience = 30'000;  // milliseconds a test waits for what must come
inline constexpr std::int64_t kAcme = 1;           // its account holds 10.00

/// A folder under the system's, gone with the object.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "hub-journal.XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class StoreRig : public testing::Test {
 protected:
  StoreRig() {
    auto applied = store::Apply(database_, SmallWorld(), false);
    EXPECT_TRUE(applied.ok()) << applied.error().Text();
    options_.conninfo = database_;
    options_.settle.interval_ms = 5;
    options_.settle.retry_ms = 20;
    options_.settle.batch_rows_max = 50;
    options_.journal.folder = folder_.path() + "/journal";
    options_.journal.segment_octets = 256u << 10;
    options_.journal.sync = false;
  }
  void TearDown() override {
    store_.reset();
    EXPECT_EQ(BrokenInvariants(database_), "");
  }
  void Restart() {
    store_.reset();
    auto started = store::Store::Start(options_);
    ASSERT_TRUE(started.ok()) << started.error().Text();
    store_ = std::move(*started);
    ids_.emplace(1, 0, store_->node().last_message_id);
  }

  store::Grant Ask(Nano want, Nano need) {
    std::promise<store::Grant> answer;
    store_->leases().Request(kAcme, want, need,
                             [&](const store::Grant& grant) { answer.set_value(grant); });
    return answer.get_future().get();
  }
  // Until PostgreSQL answers.
  store::Grant AskUntilAnswered(Nano want, Nano need) {
    while (true) {
      const store::Grant grant = Ask(want, need);
      if (grant.state != store::GrantState::kUnreachable) return grant;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  MessageId NewId() { return ids_->Next(SystemClock().WallNow()); }
  store::MessageRecord Message(Nano amount) {
    store::MessageRecord m;
    m.message_id = NewId();
    m.account_id = kAcme;
    m.client_id = 1;
    m.rate = m.amount = amount;
    m.registered_delivery = 1;
    return m;
  }
  // As a loop's turn does; returns when it is durable.
  template <class... Records>
  void Write(const Records&... records) {
    journal::FrameBuffer frames;
    (store::Encode(records, &frames), ...);
    Append(&frames);
  }
  void WriteMessages(int count, Nano amount) {
    journal::FrameBuffer frames;
    for (int i = 0; i < count; ++i) store::Encode(Message(amount), &frames);
    Append(&frames);
  }
  void Append(journal::FrameBuffer* frames) {
    journal::Journal& journal = store_->journal();
    const journal::Ticket ticket = journal.Append(0, frames);
    while (journal.durable(0) < ticket) std::this_thread::yield();
  }

  std::string Sql(const std::string& sql) {
    store::Pg pg = Connect(database_);
    return Scalar(pg, sql);
  }
  void Do(const std::string& sql) {
    store::Pg pg = Connect(database_);
    auto ran = pg.RunFile("test", sql);
    EXPECT_TRUE(ran.ok()) << ran.error().Text();
  }
  std::string Balance() {
    return Sql(
        "SELECT trim_scale(balance) || ' ' || trim_scale(leased) FROM money.account "
        "WHERE account_id = 1");
  }

  const std::string database_ = PostgresServer::Get().NewDatabase();
  const TempFolder folder_;
  store::Options options_;
  std::atomic<int> fenced_{0};
  std::unique_ptr<store::Store> store_;
  std::optional<MessageIdSource> ids_;
};

}  // namespace hub::test
