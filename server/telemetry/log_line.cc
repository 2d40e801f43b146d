// How a line looks. Who writes it, and when, is in log.cc.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "server/telemetry/log.h"

namespace hub {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};
constexpr std::string_view kCut = "...";

/// Appends to a fixed buffer and remembers when something did not fit.
class LineBuffer {
 public:
  explicit LineBuffer(std::span<char> out) : out_(out) {}

  void Put(char c) {
    if (used_ < out_.size()) {
      out_[used_++] = c;
    } else {
      cut_ = true;
    }
  }
  void Put(std::string_view text) {
    const std::size_t fits = std::min(text.size(), out_.size() - used_);
    std::memcpy(out_.data() + used_, text.data(), fits);
    used_ += fits;
    cut_ = cut_ || fits < text.size();
  }
  std::size_t Finish() {
    if (cut_ && used_ >= kCut.size()) {
      std::memcpy(out_.data() + used_ - kCut.size(), kCut.data(), kCut.size());
    }
    return used_;
  }

 private:
  std::span<char> out_;
  std::size_t used_ = 0;
  bool cut_ = false;
};

bool IsPlain(char c) { return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\'; }

// A peer chooses some values (system_id, say): nothing it sends may start a line or a field of its own.
void PutEscaped(LineBuffer& line, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto octet = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    line.Put('\\');
    line.Put(c);
  } else if (octet >= 0x20 && octet < 0x7f) {
    line.Put(c);
  } else {
    line.Put("\\x");
    line.Put(kHex[octet >> 4]);
    line.Put(kHex[octet & 15]);
  }
}

void PutValue(LineBuffer& line, std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), IsPlain)) return line.Put(text);
  line.Put('"');
  for (const char c : text) PutEscaped(line, c);
  line.Put('"');
}

void PutField(LineBuffer& line, const Field& field) {
  line.Put(' ');
  line.Put(field.key);
  line.Put('=');
  switch (field.kind) {
    case Field::Kind::kText:
      return PutValue(line, field.text);
    case Field::Kind::kSigned:
      return line.Put(fmt::format_int(static_cast<std::int64_t>(field.number)).c_str());
    case Field::Kind::kUnsigned:
      return line.Put(fmt::format_int(field.number).c_str());
  }
}

void PutTime(LineBuffer& line, WallTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  char text[64];
  const auto end =
      fmt::format_to_n(text, sizeof text, "ts={:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
                       static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
  line.Put({text, end.size});
}

}  // namespace

std::size_t FormatLogLine(std::span<char> out, WallTime at, Event event,
                          std::span<const Field> fields, std::uint64_t suppressed) {
  const EventInfo& info = AllEvents()[static_cast<std::size_t>(event)];
  LineBuffer line(out);
  PutTime(line, at);
  line.Put(" lvl=");
  line.Put(Name(info.level));
  line.Put(" ev=");
  line.Put(info.name);
  for (const Field& field : fields) PutField(line, field);
  if (suppressed > 0) PutField(line, {"suppressed", suppressed});
  return line.Finish();
}

std::string MaskNumber(std::string_view number) {
  constexpr std::size_t kHead = 5, kTail = 2, kWithHead = 9;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (std::any_of(number.begin(), number.end(), is_letter)) return std::string(number);
  const std::size_t from = number.size() >= kWithHead ? kHead : 0;
  const std::size_t until = number.size() > kTail ? number.size() - kTail : number.size();
  std::string masked(number);
  std::fill(masked.begin() + static_cast<std::ptrdiff_t>(from),
            masked.begin() + static_cast<std::ptrdiff_t>(until), '*');
  return masked;
}

std::string_view Name(LogLevel level) { return kLevelNames[static_cast<std::size_t>(level)]; }

std::optional<LogLevel> FindLogLevel(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

}  // namespace hub
