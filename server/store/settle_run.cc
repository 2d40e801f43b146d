#include "server/store/settle_run.h"

#include <algorithm>
#include <utility>

#include "server/store/fence.h"
#include "server/store/journal_scan.h"

namespace hub::store {
namespace {

// A batch ends with the record that reaches it: a record may be of 64 KB, and is held twice, in the row and in what is kept
// back. Records of plain messages have some 400 octets.
constexpr std::size_t kBatchOctetsMax = 32 * 1'048'576;

}  // namespace

Outcome<journal::Position> SettledPosition(Pg& pg, std::int32_t node_id,
                                           const std::string& journal_id) {
  auto rows = pg.Run("ask how far the journal is settled",
                     "SELECT settled_position, journal_id = $2::uuid FROM money.node "
                     "WHERE node_id = $1",
                     {ToParam(node_id), journal_id});
  if (!rows) return Err{rows.error()};
  if (rows->rows() == 1 && rows->Bool(0, 1)) return static_cast<journal::Position>(rows->Int(0, 0));
  Error error = MakeError("ask how far the journal is settled",
                          rows->rows() == 1 ? "the node has another journal now"
                                            : "PostgreSQL does not know this node any more");
  if (rows->rows() == 1) error.sqlstate = kEpochClosed;
  return Err{std::move(error)};
}

SettleRun::SettleRun(PgOptions connection, std::int32_t node_id,
                     const journal::FileJournal& journal, std::size_t batch_rows_max)
    : connection_(std::move(connection)),
      node_id_(node_id),
      journal_(journal),
      batch_rows_max_(batch_rows_max),
      rows_max_(batch_rows_max),
      batch_(node_id, journal.id()) {
  connection_.interrupt = interrupt_;
}

Outcome<Done> SettleRun::Connect() {
  if (pg_ && pg_->alive()) return Done{};
  auto pg = Pg::Connect(connection_);
  if (!pg) return Err{pg.error()};
  auto ready = PrepareToSettle(*pg);
  if (!ready) return ready;
  auto position = SettledPosition(*pg, node_id_, journal_.id());
  if (!position) return Err{position.error()};
  // The same place: the batch under way is sent again as it is. Its end: COMMIT was done, and its answer was lost. Elsewhere:
  // PostgreSQL is another one, or forgot.
  if (!reader_ || std::exchange(anew_, false) || *position != batch_.from()) {
    if (reader_ && batch_.records() > 0 && *position == batch_end_) {
      records_settled_ += static_cast<std::int64_t>(batch_.records());
      ++batches_settled_;
    }
    reader_ = journal_.NewReader(*position);
    next_.reset();
    BeginBatch(*position);
  }
  pg_.emplace(std::move(*pg));
  return Done{};
}

void SettleRun::BeginBatch(journal::Position from) {
  batch_.Begin(next_ ? next_->epoch : 0, from);
  batch_end_ = from;
  octets_ = 0;
  full_ = ended_ = false;
}

Outcome<Done> SettleRun::Gather(journal::Position end) {
  while (!full_) {
    journal::Frame frame;
    if (next_) {
      frame = *std::exchange(next_, std::nullopt);
    } else {
      auto more = reader_->Next(end, &frame);
      if (!more) return Err{more.error()};
      if (!*more) return Done{};
    }
    if (batch_.records() == 0) batch_.Begin(frame.epoch, batch_.from());
    if (frame.epoch != batch_.epoch()) {
      next_ = frame;  // its payload stays good: the reader is not called before it is taken
      full_ = true;
      return Done{};
    }
    if (auto taken = Take(frame); !taken) {
      next_ = frame;  // never passed over: the next try meets it again
      return taken;
    }
    full_ = batch_.records() >= rows_max_ || octets_ >= kBatchOctetsMax;
  }
  return Done{};
}

Outcome<Done> SettleRun::Take(const journal::Frame& frame) {
  const bool known = DecodeAny(frame.kind, frame.payload, [&](const auto& record) {
    using R = std::decay_t<decltype(record)>;
    if constexpr (std::is_same_v<R, HandedRecord>)
      open_.Add(record.message_id, record.attempt_no, frame.at);
    if constexpr (std::is_same_v<R, AttemptRecord>) open_.End(record.message_id, record.attempt_no);
    batch_.Add(record);
  });
  if (!known) return Err{UnknownRecord(journal_, frame)};
  batch_end_ = frame.next;
  octets_ += frame.payload.size();
  return Done{};
}

Outcome<Done> SettleRun::Settle() {
  if (!ended_) batch_.End(batch_end_);
  full_ = ended_ = true;  // from now on it is what it is, however often it is sent
  auto settled = SettleBatch(*pg_, batch_);
  if (!settled) {
    anew_ = settled.error().sqlstate == kStatementTookTooLong;
    if (anew_) rows_max_ = std::max<std::size_t>(batch_.records() / 2, 1);
    return settled;
  }
  rows_max_ = std::min(rows_max_ * 2, batch_rows_max_);
  records_settled_ += static_cast<std::int64_t>(batch_.records());
  ++batches_settled_;
  BeginBatch(batch_end_);
  return Done{};
}

journal::Position SettleRun::settled() const {
  if (!reader_) return 0;
  return batch_.records() == 0 && !next_ ? reader_->position() : batch_.from();
}

journal::Position SettleRun::Releasable() const {
  // What PostgreSQL knows itself: a start compares it with where the journal begins.
  return std::min(batch_.from(), open_.Oldest().value_or(batch_.from()));
}

}  // namespace hub::store
