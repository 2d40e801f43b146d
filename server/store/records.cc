#include "server/store/records.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/base/check.h"

namespace hub::store {
namespace {

struct MessageIdOf {
  MessageId operator()(const std::monostate&) const { return 0; }
  MessageId operator()(const auto& record) const { return record.message_id; }
};

struct TextOctets {
  std::size_t operator()(const std::monostate&) const { return 0; }
  std::size_t operator()(const MessageRecord& r) const {
    return r.source_addr.size() + r.destination_addr.size() + r.message_class.size() +
           r.decision.size();
  }
  std::size_t operator()(const AttemptRecord& r) const { return r.upstream_id.size(); }
  std::size_t operator()(const OutcomeRecord& r) const { return r.error.size(); }
  std::size_t operator()(const RejectRecord& r) const {
    return r.source_addr.size() + r.destination_addr.size() + r.reason.size() + r.decision.size();
  }
};

}  // namespace

MessageId MessageOf(const Record& record) { return std::visit(MessageIdOf{}, record); }

std::size_t OctetsOf(const std::vector<Record>& records) {
  std::size_t octets = records.size() * sizeof(Record);
  for (const Record& record : records) octets += std::visit(TextOctets{}, record);
  return octets;
}

std::vector<std::vector<Record>> CutAtMessages(std::vector<Record>&& records, std::size_t rows) {
  HUB_CHECK(rows > 0);
  std::vector<std::vector<Record>> pieces;
  auto from = records.begin();
  while (from != records.end()) {
    const auto left = static_cast<std::size_t>(std::distance(from, records.end()));
    auto to = std::next(from, static_cast<std::ptrdiff_t>(std::min(rows, left)));
    while (to != records.end() && MessageOf(*to) == MessageOf(*std::prev(to))) ++to;
    pieces.emplace_back(std::make_move_iterator(from), std::make_move_iterator(to));
    from = to;
  }
  records.clear();
  return pieces;
}

}  // namespace hub::store
