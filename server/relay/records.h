// What is written down during a turn: facts for PostgreSQL, handed to the journal in one bunch at the turn's end; and what
// waits until they are on disk for good.
#pragma once

#include <optional>
#include <string_view>

#include "server/base/ring.h"
#include "server/relay/context.h"
#include "server/relay/message.h"
#include "server/relay/supplier/late_answer.h"

namespace hub::relay {

/// Called when a fact is on disk for good. On the loop, between turns' letters and their flush.
class Durable {
 public:
  virtual ~Durable() = default;
  virtual void OnDurable(std::uint64_t token) = 0;
  /// OnDurable follows soon: fetches what it will touch, and does nothing else.
  virtual void ExpectDurable(std::uint64_t) {}
};

/// One loop's. Facts leave in the order in which they were written, and so do the calls of those that wait for them.
class Records {
 public:
  explicit Records(Context& context) : context_(context), keeps_(context.journal.keeps()) {}

  /// False: no record is made, for nobody would read it.
  bool keeps() const { return keeps_; }

  /// The next submit goes to this supplier once this is durable.
  void Handed(const Message& message, const PlannedRoute& route);
  /// The customer gets ESME_ROK: this is the charge, or the hold. `supplier_id` 0: none took it yet.
  void Accepted(const Message& message, std::int64_t supplier_id);
  void Rejected(const Message& message, std::string_view reason, smpp::Status status);
  void Attempted(const Message& message, const PlannedRoute& route, const SubmitResult& result,
                 std::string_view upstream_key);
  /// `upstream_key` empty: receipts with this id are strays.
  void AnsweredLate(const LateAnswer& late, std::string_view upstream_key);
  /// Any other record as it is.
  template <class R>
  void Write(const R& record) {
    if (keeps_) store::Encode(record, &frames_);
  }

  /// Calls `who` when everything written so far, this turn's too, is durable: never within this call.
  /// Bounded by what waits: messages in flight, receipts not answered yet.
  void Then(Durable& who, std::uint64_t token);

  /// Covers everything written so far, this turn's too.
  journal::Ticket Mark() const { return frames_.empty() ? appended_ : appended_ + 1; }
  /// A position beyond all that `mark` covers; 0 while some of it is not on disk yet.
  journal::Position Below(journal::Ticket mark) const {
    return context_.journal.durable(context_.loop) >= mark ? context_.journal.durable_end() : 0;
  }

  /// Covers everything that any loop handed to the journal before this turn's end: it takes all in the order in which they
  /// come. An Append of its own when this turn writes nothing.
  journal::Ticket Fence() {
    fence_ = true;
    return appended_ + 1;
  }
  /// A position beyond all that `fence` covers; nothing while some of it is not on disk yet.
  std::optional<journal::Position> Beyond(journal::Ticket fence) const {
    if (context_.journal.durable(context_.loop) < fence) return {};
    return context_.journal.durable_end();
  }

  /// At the beginning of a turn: calls those whose facts are on disk now.
  void Poll();
  /// At its end.
  void EndTurn();

  /// Whether another message may be taken: asked before anything is promised.
  bool HasRoom() const { return context_.journal.has_room() && context_.settler.has_room(); }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    journal::Ticket ticket;
    Durable* who;
    std::uint64_t token;
  };

  static constexpr std::size_t kAhead = 6;  // of those that are called, so many are expected

  void Expect(std::size_t n, journal::Ticket durable);

  Context& context_;
  const bool keeps_;
  journal::FrameBuffer frames_;
  journal::Ticket appended_ = 0;  // the last one
  bool fence_ = false;            // this turn appends, be it nothing
  Ring<Waiting> waiting_;         // by ticket
};

}  // namespace hub::relay
