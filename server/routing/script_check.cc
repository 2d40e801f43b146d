#include "server/routing/script_check.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "server/routing/lua_lexer.h"

namespace hub::routing {
namespace {

constexpr std::string_view kKeywords[] = {"and",   "break", "do",       "else", "elseif", "end",
                                          "false", "for",   "function", "goto", "if",     "in",
                                          "local", "nil",   "not",      "or",   "repeat", "return",
                                          "then",  "true",  "until",    "while"};

// Known in every script: libraries, their plain functions, the hub's own.
constexpr std::string_view kBuiltins[] = {
    "type",     "tonumber", "select", "ipairs", "tostring", "math",   "string", "table", "reject",
    "at_least", "at_most",  "one_of", "starts", "contains", "digits", "within", "rx"};

struct Banned {
  std::string_view name, why;
};
constexpr Banned kBanned[] = {
#define BANNED(name, why) {#name, why},
#include "server/routing/lua_banned.def"
#undef BANNED
};

template <std::size_t n>
bool In(const std::string_view (&list)[n], std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

std::vector<LuaToken> Cut(std::string_view source) {
  LuaLexer lexer(source);
  std::vector<LuaToken> tokens{{LuaToken::kOther, ";", 1}};  // so that each token has one before it
  do {
    tokens.push_back(lexer.Next());
  } while (tokens.back().kind != LuaToken::kEnd);
  return tokens;
}

// Follows which bracket is innermost, so that `{ type = "sim" }` is a key and `x = 1` an assignment.
class Brackets {
 public:
  void See(std::string_view token) {
    if (token == "{" || token == "(" || token == "[") open_.push_back(token[0]);
    if ((token == "}" || token == ")" || token == "]") && !open_.empty()) open_.pop_back();
  }
  bool in_table() const { return !open_.empty() && open_.back() == '{'; }

 private:
  std::vector<char> open_;
};

bool IsOneOf(std::string_view token, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), token) != list.end();
}

// A use of a variable: no field, no method, no table key, no label, no attribute.
bool IsVariable(const LuaToken& before, const LuaToken& name, const LuaToken& after,
                bool in_table) {
  if (name.kind != LuaToken::kName || In(kKeywords, name.text)) return false;
  if (IsOneOf(before.text, {".", ":", "::", "goto"})) return false;
  if (before.text == "<" && after.text == ">") return false;
  return !(in_table && after.text == "=" && IsOneOf(before.text, {"{", ",", ";"}));
}

// Names after `local`, `function`, `for` and in parameter lists; and what is assigned to.
std::unordered_set<std::string_view> Declared(const std::vector<LuaToken>& tokens) {
  std::unordered_set<std::string_view> names;
  bool listing = false;  // within a list of names that are declared
  for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
    const LuaToken& token = tokens[i];
    if (IsOneOf(token.text, {"local", "function", "for"})) {
      listing = true;
    } else if (token.kind == LuaToken::kName && !In(kKeywords, token.text)) {
      // "local a, b" ends where a name follows a name.
      const LuaToken& before = tokens[i - 1];
      if (before.kind == LuaToken::kName && !In(kKeywords, before.text)) listing = false;
      if (listing || tokens[i + 1].text == "=") names.insert(token.text);
    } else if (!IsOneOf(token.text, {",", "(", ".", ":", "<", ">"})) {
      listing = false;
    }
  }
  return names;
}

Err<Error> Bad(const std::string& path, int line, std::string why) {
  return Err{Error{.doing = "load script",
                   .why = std::move(why),
                   .place = path + ":" + std::to_string(line),
                   .system_errno = 0,
                   .sqlstate = {},
                   .advice = {}}};
}

}  // namespace

Outcome<Done> CheckScript(const std::string& path, std::string_view source) {
  const std::vector<LuaToken> tokens = Cut(source);
  const auto declared = Declared(tokens);
  Brackets brackets;
  for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
    const LuaToken& token = tokens[i];
    brackets.See(token.text);
    if (!IsVariable(tokens[i - 1], token, tokens[i + 1], brackets.in_table())) continue;
    for (const Banned& banned : kBanned) {
      if (token.text == banned.name) {
        return Bad(path, token.line,
                   "'" + std::string(token.text) + "' is not there: " + std::string(banned.why));
      }
    }
    if (In(kBuiltins, token.text) || declared.contains(token.text)) continue;
    return Bad(path, token.line, "unknown global '" + std::string(token.text) + "'");
  }
  return Done{};
}

}  // namespace hub::routing
