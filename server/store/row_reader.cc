#include "server/store/row_reader.h"

#include <charconv>

namespace hub::store {

std::vector<std::string> ParseTextArray(std::string_view text) {
  std::vector<std::string> items;
  if (text.size() < 2 || text == "{}") return items;
  text = text.substr(1, text.size() - 2);
  std::string item;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '\\' && i + 1 < text.size()) {
      item += text[++i];
    } else if (c == ',' && !quoted) {
      items.push_back(std::move(item));
      item.clear();
    } else {
      item += c;
    }
  }
  items.push_back(std::move(item));
  return items;
}

bool RowReader::Next() {
  column_ = 0;
  return !error_ && ++row_ < result_.rows();
}

void RowReader::operator()(Nano& field) {
  const auto amount = ParseNano(result_.Text(row_, column_));
  if (!amount) Refuse("does not fit: at most 9 decimals and below 9,223,372,036.9");
  field = amount.value_or(Nano{});
  ++column_;
}

void RowReader::Sum(NanoSum& field) {
  const std::string_view text = result_.Text(row_, column_);
  const std::size_t dot = text.find('.');
  NanoSum units = 0;
  int decimals = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9')
      continue;  // the sign and the point: PostgreSQL wrote it, so it is a number
    units = units * 10 + (text[i] - '0');
    if (dot != std::string_view::npos && i > dot) ++decimals;
  }
  if (decimals > 9) Refuse("has more than 9 decimals");
  for (; decimals < 9; ++decimals) units *= 10;
  field = text.starts_with('-') ? -units : units;
  ++column_;
}

void RowReader::operator()(std::vector<std::string>& field) {
  field = ParseTextArray(result_.Text(row_, column_++));
}

void RowReader::operator()(std::vector<std::int32_t>& field) {
  field.clear();
  for (const std::string& item : ParseTextArray(result_.Text(row_, column_))) {
    std::int32_t& number = field.emplace_back();
    const auto parsed = std::from_chars(item.data(), item.data() + item.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != item.data() + item.size()) Refuse("does not fit");
  }
  ++column_;
}

void RowReader::operator()(std::vector<std::uint8_t>& field) {
  const std::string_view text = result_.Text(row_, column_);
  const auto digit = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  field.clear();
  field.reserve(text.size() / 2);
  for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
    field.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  ++column_;
}

void RowReader::Refuse(std::string_view why) {
  if (error_) return;
  error_ = MakeError("read " + std::string(table_), "column " + result_.ColumnName(column_) +
                                                        " of row " + result_.String(row_, 0) + " " +
                                                        std::string(why));
}

}  // namespace hub::store
