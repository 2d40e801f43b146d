#include "server/routing/script_bound.h"

#include <algorithm>

#include "server/routing/lua_lexer.h"

namespace hub::routing {
namespace {

// A loop, or a way to a function by another name.
constexpr std::string_view kMayRepeat[] = {"for", "while", "repeat", "goto", "_ENV"};

bool IsHook(std::string_view name) { return name == "on_submit" || name == "on_route"; }

}  // namespace

bool RunsStraight(std::string_view source) {
  LuaLexer lexer(source);
  bool defines = false;  // the token before was `function`
  for (LuaToken token = lexer.Next(); token.kind != LuaToken::kEnd; token = lexer.Next()) {
    if (std::ranges::find(kMayRepeat, token.text) != std::end(kMayRepeat)) return false;
    // The hooks' names stand behind `function`, and nothing else does.
    if (IsHook(token.text) != defines) return false;
    defines = token.text == "function";
  }
  return true;
}

}  // namespace hub::routing
