// Cuts Lua source into what CheckScript looks at: names, and single characters. Comments, strings and numbers go.
#pragma once

#include <string_view>

namespace hub::routing {

struct LuaToken {
  enum Kind : unsigned char {
    kEnd,
    kName,
    kOther
  } kind = kEnd;          // kOther: an operator, a literal's place
  std::string_view text;  // of a literal: "0"
  int line = 1;
};

/// Borrows the source. Never fails: the compiler has taken the source before.
class LuaLexer {
 public:
  explicit LuaLexer(std::string_view source) : rest_(source) {}
  LuaToken Next();

 private:
  void SkipBlanksAndComments();
  bool SkipLong();  // [[...]], [==[...]==]
  void SkipQuoted(char quote);
  void Skip(std::size_t count);  // counts lines

  std::string_view rest_;
  int line_ = 1;
};

}  // namespace hub::routing
