// A day that is kept and that nobody may touch.
#pragma once

#include <string>

#include "server/base/check.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {

/// Partitions of a day long ago, locked by a session of their own while this lives: a statement that plans for every day
/// there is waits for them, until its timeout.
class LockedDay {
 public:
  explicit LockedDay(const std::string& database) : pg_(Connect(database)) {
    Run("CREATE TABLE traffic.message_20250105 PARTITION OF traffic.message"
        " FOR VALUES FROM ('2025-01-05') TO ('2025-01-06');"
        "CREATE TABLE traffic.attempt_20250105 PARTITION OF traffic.attempt"
        " FOR VALUES FROM ('2025-01-05') TO ('2025-01-06');"
        "CREATE TABLE traffic.outcome_20250105 PARTITION OF traffic.outcome"
        " FOR VALUES FROM ('2025-01-05') TO ('2025-01-06')");
    Run("BEGIN; LOCK TABLE traffic.message_20250105, traffic.attempt_20250105,"
        " traffic.outcome_20250105 IN ACCESS EXCLUSIVE MODE");
  }

 private:
  void Run(const std::string& sql) {
    auto ran = pg_.RunFile("lock a day", sql);
    HUB_CHECK_SAY(ran.ok(), ran.error().Text());
  }

  store::Pg pg_;
};

}  // namespace hub::test
