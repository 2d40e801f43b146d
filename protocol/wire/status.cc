#include "protocol/wire/status.h"

#include <charconv>

namespace smpp {
namespace {

struct Row {
  Status status;
  std::string_view name;
  std::string_view meaning;
};

constexpr Row kRows[] = {
#define STATUS(name, value, since, meaning) {Status::name, #name, meaning},
#include "protocol/wire/status.def"
#undef STATUS
};

const Row* Find(Status status) {
  for (const Row& row : kRows) {
    if (row.status == status) return &row;
  }
  return nullptr;
}

}  // namespace

std::string_view StatusName(Status status) {
  const Row* row = Find(status);
  return row == nullptr ? std::string_view{} : row->name;
}

std::string_view StatusMeaning(Status status) {
  const Row* row = Find(status);
  return row == nullptr ? std::string_view{} : row->meaning;
}

bool ParseStatus(std::string_view text, Status* status) {
  for (const Row& row : kRows) {
    if (text == row.name || text == row.name.substr(5)) {
      *status = row.status;
      return true;
    }
  }
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  std::uint32_t value = 0;
  const auto [end, ec] =
      std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (ec != std::errc() || end != text.data() + text.size() || text.empty()) return false;
  *status = static_cast<Status>(value);
  return true;
}

}  // namespace smpp
