// Whether a script can run long at all.
#pragma once

#include <string_view>

namespace hub::routing {

/// Whether one call of a hook runs each instruction of the file once at most: the file has no loop, no goto, and no
/// function but the hooks, which nobody calls. Nothing that a rule is given calls a Lua function back.
///
/// Lexical and on the safe side: false for some that could be told to end. The source has passed the compiler.
bool RunsStraight(std::string_view source);

}  // namespace hub::routing
