#include "server/journal/file_journal.h"

#include <algorithm>
#include <utility>

#include "server/base/check.h"
#include "server/journal/tail.h"
#include "server/telemetry/log.h"

namespace hub::journal {

const Clock* FileJournal::MachineClock() {
  static const SystemClock clock;
  return &clock;
}

FileJournal::FileJournal(Options options, std::unique_ptr<Folder> folder, Disk* disk,
                         const Clock* clock)
    : options_(std::move(options)),
      disk_(disk),
      clock_(clock),
      folder_(std::move(folder)),
      id_(folder_->id().Text()),
      spares_(disk, folder_.get(), options_.segment_octets, options_.sync),
      retention_(disk, folder_.get(), options_, clock) {}

FileJournal::~FileJournal() {
  (void)Close();
}  // who wants to know what is not written calls it before

Outcome<std::unique_ptr<FileJournal>> FileJournal::Open(Options options, std::int32_t node_id,
                                                        Disk* disk, const Clock* clock) {
  HUB_CHECK(options.segment_octets > kSegmentHeaderOctets);
  auto folder = Folder::Open(disk, options.folder, node_id);
  if (!folder) return Err{folder.error()};
  std::unique_ptr<FileJournal> journal(
      new FileJournal(std::move(options), std::move(folder).value(), disk, clock));
  if (auto recovered = journal->Recover(); !recovered) return Err{recovered.error()};
  return journal;
}

Outcome<Done> FileJournal::Recover() {
  auto tail = RecoverTail(disk_, folder_.get());
  if (!tail) return Err{tail.error()};
  durable_end_.store(tail->end, std::memory_order_release);
  torn_tail_ = tail->torn;
  if (!torn_tail_) return Done{};
  const std::optional<SegmentInfo> last = folder_->Last();
  Log(Event::journal_torn_tail,
      {{"file", last->path}, {"offset", last->OffsetOf(tail->end)}, {"position", tail->end}});
  return Done{};
}

Outcome<Done> FileJournal::Check(Position known_durable) const {
  const bool too_short = known_durable > durable_end();
  if (!too_short && known_durable >= first_position()) return Done{};
  const std::optional<SegmentInfo> last = folder_->Last();
  Error error{
      .doing = "compare the journal with PostgreSQL, which has settled up to position " +
               std::to_string(known_durable),
      .why = {},
      .place = options_.folder,
      .system_errno = 0,
      .sqlstate = {},
      .advice =
          "nothing was changed; see \"When the journal is refused\" in server/journal/README.md"};
  if (too_short && last)
    error.place = last->path + " at " + std::to_string(last->OffsetOf(durable_end()));
  error.why =
      too_short ? "the journal ends at position " + std::to_string(durable_end()) +
                      ": the disk lost what had been durable, or this is an older copy"
                : "the journal begins at position " + std::to_string(first_position()) +
                      ": PostgreSQL has forgotten what it had settled, and those segments are gone";
  return Err{std::move(error)};
}

std::string FileJournal::PlaceOf(Position position) const {
  const std::optional<SegmentInfo> segment = folder_->Find(position);
  if (!segment) return options_.folder;
  return segment->path + " at " + std::to_string(segment->OffsetOf(position));
}

std::unique_ptr<Reader> FileJournal::NewReader(Position from) const {
  return std::make_unique<Reader>(disk_, folder_.get(), from);
}

Outcome<Done> FileJournal::Start(std::int64_t epoch, unsigned writers,
                                 std::function<void(unsigned)> wake_writer,
                                 Position known_durable) {
  HUB_CHECK(writers > 0 && writers_.empty());
  if (auto checked = Check(known_durable); !checked) return checked;
  Note(retention_.Tidy());  // what was released already may be the space that the new segment needs
  batch_writer_ = std::make_unique<BatchWriter>(
      disk_, folder_.get(), &spares_, BatchWriter::Limits{options_.segment_octets, options_.sync},
      epoch, durable_end());
  if (auto begun = batch_writer_->BeginSegment(); !begun) return begun;
  inbox_ = std::make_unique<Inbox>(writers);
  for (unsigned w = 0; w < writers; ++w) writers_.push_back(std::make_unique<Writer>());
  wake_writer_ = std::move(wake_writer);
  write_thread_ = std::thread([this] { Write(); });
  help_thread_ = std::thread([this] { Help(); });
  Log(Event::journal_opened, {{"folder", options_.folder},
                              {"id", id_},
                              {"epoch", epoch},
                              {"position", durable_end()},
                              {"octets", folder_->octets()}});
  return Done{};
}

Ticket FileJournal::Append(unsigned writer, FrameBuffer* frames) {
  Writer& w = *writers_[writer];
  const Ticket ticket = w.appended.load(std::memory_order_relaxed) + 1;
  w.appended.store(ticket, std::memory_order_relaxed);
  waiting_octets_.fetch_add(frames->octets().size(), std::memory_order_relaxed);
  inbox_->Push(writer, ticket, frames);
  work_.Ring();
  return ticket;
}

Ticket FileJournal::durable(unsigned writer) const {
  return writers_[writer]->durable.load(std::memory_order_acquire);
}

bool FileJournal::has_room() const {
  return healthy_.load(std::memory_order_relaxed) && retention_.has_space() &&
         waiting_octets_.load(std::memory_order_relaxed) <= options_.waiting_octets_max;
}

bool FileJournal::AwaitBeyond(Position beyond, Duration timeout) {
  std::unique_lock lock(mutex_);
  durable_grew_.wait_for(lock, timeout, [&] { return durable_end() > beyond || closing_; });
  return durable_end() > beyond;
}

bool FileJournal::Flush(Duration timeout) {
  const auto all_durable = [this] {
    return std::all_of(writers_.begin(), writers_.end(), [](const auto& w) {
      return w->durable.load(std::memory_order_acquire) >=
             w->appended.load(std::memory_order_relaxed);
    });
  };
  std::unique_lock lock(mutex_);
  return durable_grew_.wait_for(lock, timeout, all_durable);
}

void FileJournal::Release(Position upto) {
  retention_.Release(upto);
  help_.Ring();
}

Stats FileJournal::stats() const {
  Stats stats;
  stats.durable_end = durable_end();
  stats.released = retention_.released();
  stats.octets = folder_->octets();
  stats.syncs = syncs_.load(std::memory_order_relaxed);
  stats.frames = frames_.load(std::memory_order_relaxed);
  stats.sync_micros_max = sync_micros_max_.exchange(0, std::memory_order_relaxed);
  stats.failures = failures_.load(std::memory_order_relaxed);
  stats.appended_octets_waiting = waiting_octets_.load(std::memory_order_relaxed);
  stats.healthy = healthy_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  stats.last_error = last_error_;
  stats.refuses = WhyNoRoom(stats);
  return stats;
}

// The terms of has_room, in the order in which an operator would mend them.
std::string FileJournal::WhyNoRoom(const Stats& stats) const {
  if (!stats.healthy) return "the disk refuses: " + stats.last_error;
  if (!retention_.has_space()) {
    return "no room: " + std::to_string(stats.octets) + " octets on disk, octets_max " +
           std::to_string(options_.octets_max) + ", octets_free_min " +
           std::to_string(options_.octets_free_min);
  }
  if (stats.appended_octets_waiting <= options_.waiting_octets_max) return {};
  return std::to_string(stats.appended_octets_waiting) +
         " octets wait for the disk, the most are " + std::to_string(options_.waiting_octets_max);
}

Outcome<Done> FileJournal::Close() {
  if (!write_thread_.joinable()) return Done{};
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  durable_grew_.notify_all();
  spares_.Stop();
  work_.Ring();
  help_.Ring();
  write_thread_.join();
  help_thread_.join();
  const std::uint64_t left = waiting_octets_.load(std::memory_order_relaxed);
  if (left == 0) return Done{};
  return Err{Error{.doing = "close the journal",
                   .why = std::to_string(left) + " octets could not be written: " + last_error_,
                   .place = options_.folder,
                   .system_errno = 0,
                   .sqlstate = {},
                   .advice = "nobody was told that they are safe"}};
}

}  // namespace hub::journal
