// A decision in one line, for the database: written once for each message, so into a buffer, without a formatter.
#include <algorithm>
#include <charconv>

#include "server/routing/route_tables.h"
#include "server/routing/router.h"

namespace hub::routing {
namespace {

constexpr std::string_view kUnpriced = " unpriced";
static_assert(std::tuple_size_v<SummaryBuffer> ==
              kSummaryOctetsMax + sizeof("; +4294967295") + kUnpriced.size());

// Text that ends where kSummaryOctetsMax would be passed; what is added at the end has room of its own.
class Line {
 public:
  explicit Line(SummaryBuffer* buffer) : buffer_(buffer) {}

  Line& operator<<(std::string_view text) {
    const std::size_t room = buffer_->size() - size_;
    is_cut_ = is_cut_ || size_ + text.size() > kSummaryOctetsMax;
    size_ += text.copy(buffer_->data() + size_, std::min(room, text.size()));
    return *this;
  }
  Line& operator<<(std::uint64_t number) {
    char digits[20];
    const char* const end = std::to_chars(digits, std::end(digits), number).ptr;
    return *this << std::string_view(digits, end);
  }

  bool is_cut() const { return is_cut_; }
  std::size_t size() const { return size_; }
  void BackTo(std::size_t size) { size_ = size; }
  std::string_view text() const { return {buffer_->data(), size_}; }

 private:
  SummaryBuffer* buffer_;
  std::size_t size_ = 0;
  bool is_cut_ = false;
};

using PlacesInPlan = std::array<std::uint8_t, kCandidatesMax>;  // of each candidate; 0: none

PlacesInPlan PlacesOf(const Decision& decision) {
  PlacesInPlan places{};
  for (std::uint8_t i = 0; i < decision.plan_count; ++i)
    places[decision.plan[i]] = static_cast<std::uint8_t>(i + 1);
  return places;
}

// It could not have the message, and may be the cheaper one: tomorrow's question, which only this line answers.
bool IsMissed(const Candidate& candidate) {
  return HasCost(candidate) && candidate.drop != Drop::kattempts_max &&
         candidate.drop != Drop::kscript && candidate.drop != Drop::kNone;
}

// The plan, and of the others, those that are missed first, as many as make kToldMax.
std::array<bool, kCandidatesMax> ToldOf(const Decision& decision, const PlacesInPlan& places) {
  std::array<bool, kCandidatesMax> told{};
  std::size_t count = 0;
  const auto tell = [&](auto&& which, std::size_t most) {
    for (std::size_t i = 0; i < decision.candidate_count && count < most; ++i) {
      if (told[i] || !which(i)) continue;
      told[i] = true;
      ++count;
    }
  };
  tell([&](std::size_t i) { return places[i] != 0; }, kCandidatesMax);
  tell([&](std::size_t i) { return IsMissed(decision.candidates[i]); }, kToldMax);
  tell([](std::size_t) { return true; }, kToldMax);
  return told;
}

void Tell(const Candidate& candidate, std::string_view name, std::uint8_t place, Line& line) {
  line << name;
  if (HasCost(candidate)) line << " " << FormatNano(candidate.cost);
  if (place != 0) {
    line << " #" << place;
  } else {
    line << " " << Name(candidate.drop);
  }
}

}  // namespace

std::string_view Summary(const Decision& decision, const RouteTables& tables,
                         SummaryBuffer* buffer) {
  const auto& suppliers = tables.catalog().suppliers;
  const PlacesInPlan places = PlacesOf(decision);
  const auto is_told = ToldOf(decision, places);
  Line line(buffer);
  std::size_t told = 0;
  for (std::size_t i = 0; i < decision.candidate_count; ++i) {
    const Candidate& candidate = decision.candidates[i];
    if (!is_told[i]) continue;
    const std::size_t before = line.size();
    if (told != 0) line << "; ";
    Tell(candidate, suppliers[candidate.supplier].name, places[i], line);
    if (line.is_cut()) {
      line.BackTo(before);
      break;
    }
    ++told;
  }
  const std::size_t untold = decision.candidate_count - told + decision.rest;
  if (untold == 0) return line.text();
  line << (told == 0 ? "+" : "; +") << untold;
  if (decision.rest_unpriced && untold == decision.rest) line << kUnpriced;
  return line.text();
}

}  // namespace hub::routing
