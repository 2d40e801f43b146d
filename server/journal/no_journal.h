// journal.durability = "none": takes all, keeps nothing, and says at once that it is done.
#pragma once

#include <limits>

#include "server/journal/journal.h"

namespace hub::journal {

/// Any number of writers, any thread. What a start had to write down went into the FileJournal before.
class NoJournal final : public Journal {
 public:
  /// All that was ever written lies below; it is settled, too.
  static constexpr Position kEnd = 1;

  Ticket Append(unsigned /*writer*/, FrameBuffer* frames) override {
    frames->Clear();
    return 1;
  }
  Ticket durable(unsigned /*writer*/) const override { return std::numeric_limits<Ticket>::max(); }
  Position durable_end() const override { return kEnd; }
  bool keeps() const override { return false; }
  bool has_room() const override { return true; }
  bool AwaitBeyond(Position /*beyond*/, Duration /*timeout*/) override { return false; }
  void Release(Position /*upto*/) override {}
  Stats stats() const override { return {}; }
};

}  // namespace hub::journal
