#include "protocol/receipt/receipt_text.h"

#include <algorithm>

namespace smpp {
namespace {

constexpr std::size_t kTextCharsMax = 20;

/// The last `digits` digits of a number, zeros in front.
void AppendDigits(std::string& out, unsigned value, std::size_t digits) {
  out.append(digits, '0');
  for (std::size_t i = 1; i <= digits; ++i, value /= 10) {
    out[out.size() - i] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

std::string ReceiptDate(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string out;
  AppendDigits(out, static_cast<unsigned>(static_cast<int>(date.year())), 2);
  AppendDigits(out, static_cast<unsigned>(date.month()), 2);
  AppendDigits(out, static_cast<unsigned>(date.day()), 2);
  AppendDigits(out, static_cast<unsigned>(clock.hours().count()), 2);
  AppendDigits(out, static_cast<unsigned>(clock.minutes().count()), 2);
  return out;
}

std::string BuildReceiptText(const ReceiptParts& parts) {
  std::string out;
  out.reserve(128);
  out.append("id:").append(parts.id).append(" sub:");
  AppendDigits(out, std::min(parts.submitted, 999u), 3);
  out.append(" dlvrd:");
  AppendDigits(out, std::min(parts.delivered, 999u), 3);
  out.append(" submit date:").append(ReceiptDate(parts.submit_date));
  out.append(" done date:").append(ReceiptDate(parts.done_date));
  out.append(" stat:").append(StatOf(parts.state));
  out.append(" err:").append(parts.err);
  out.append(" text:").append(parts.text.substr(0, kTextCharsMax));
  return out;
}

}  // namespace smpp
