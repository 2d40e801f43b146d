#include "server/relay/client/short_ids.h"

namespace hub::relay {
namespace {

using short_id::Kind;
using short_id::kPlaces;

void SetShare(Kind kind, TokenBucket* bucket) {
  constexpr auto kSeconds = static_cast<std::int64_t>(ShortIdSource::kSeconds);
  const auto all = static_cast<std::int64_t>(kPlaces[static_cast<std::size_t>(kind)].per_second);
  const std::int64_t of_client = all * ShortIds::kQuartersOfClient / 4;
  bucket->Set(of_client, of_client * kSeconds);
}

}  // namespace

ShortIds::Share::Share() {
  SetShare(Kind::kSingle, &singles);
  SetShare(Kind::kSmallBlock, &blocks);
}

std::optional<MessageId> ShortIds::Next(const EsmeEntry& entry) {
  if (!ShareOf(entry).singles.TryTake(context_.now())) return Counted(entry, {});
  return Counted(entry, source_.Next(context_.wall_now()));
}

std::optional<MessageId> ShortIds::NextBlock(const EsmeEntry& entry, std::size_t messages) {
  if (!ShareOf(entry).blocks.TryTake(context_.now())) return Counted(entry, {});
  return Counted(entry, source_.NextBlock(context_.wall_now(), messages));
}

std::optional<MessageId> ShortIds::Counted(const EsmeEntry& entry, std::optional<MessageId> id) {
  if (id) return id;
  context_.metrics.Add(Metric::short_ids_used_up);
  front_.NoteThrottled(entry);
  return {};
}

}  // namespace hub::relay
