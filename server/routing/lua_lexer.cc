#include "server/routing/lua_lexer.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace hub::routing {
namespace {

bool IsNameStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsNameChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t LengthWhile(std::string_view text, bool (*holds)(char)) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), holds) - text.begin());
}

}  // namespace

void LuaLexer::Skip(std::size_t count) {
  count = std::min(count, rest_.size());
  line_ +=
      static_cast<int>(std::count(rest_.begin(), rest_.begin() + static_cast<long>(count), '\n'));
  rest_.remove_prefix(count);
}

bool LuaLexer::SkipLong() {
  if (!rest_.starts_with('[')) return false;
  const std::size_t level = LengthWhile(rest_.substr(1), [](char c) { return c == '='; });
  if (!rest_.substr(1 + level).starts_with('[')) return false;
  const std::string close = "]" + std::string(level, '=') + "]";
  const std::size_t end = rest_.find(close, level + 2);
  Skip(end == std::string_view::npos ? rest_.size() : end + close.size());
  return true;
}

void LuaLexer::SkipQuoted(char quote) {
  std::size_t i = 1;
  while (i < rest_.size() && rest_[i] != quote) i += rest_[i] == '\\' ? 2 : 1;
  Skip(i + 1);
}

void LuaLexer::SkipBlanksAndComments() {
  for (;;) {
    Skip(LengthWhile(rest_,
                     [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }));
    if (!rest_.starts_with("--")) return;
    Skip(2);
    if (!SkipLong()) Skip(std::min(rest_.find_first_of("\r\n"), rest_.size()));
  }
}

LuaToken LuaLexer::Next() {
  SkipBlanksAndComments();
  LuaToken token{LuaToken::kEnd, {}, line_};
  if (rest_.empty()) return token;
  const char c = rest_[0];
  token.kind = LuaToken::kOther;
  token.text = "0";
  if (IsNameStart(c)) {
    token.kind = LuaToken::kName;
    token.text = rest_.substr(0, LengthWhile(rest_, IsNameChar));
    Skip(token.text.size());
  } else if (
      IsDigit(c)) {  // 0x1p4, 1e9: letters belong to it; a sign or a dot that follows harms nobody
    Skip(LengthWhile(rest_, IsNameChar));
  } else if (c == '"' || c == '\'') {
    SkipQuoted(c);
  } else if (!SkipLong()) {
    const bool two = rest_.starts_with("..") || rest_.starts_with("::") || rest_.starts_with("==");
    token.text = rest_.substr(0, two ? 2 : 1);
    Skip(token.text.size());
  }
  return token;
}

}  // namespace hub::routing
