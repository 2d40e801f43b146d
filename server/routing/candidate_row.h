// A row of c: one candidate as a script reads it, and as where{} compares it.
#pragma once

#include "server/routing/script_state.h"

namespace hub::routing {

/// The value of a field that can be compared: a text or an integer.
struct RowValue {
  bool is_text = false;
  std::string_view text;
  lua_Integer number = 0;
};

/// false when a row has no such field, or one that is no plain value (cost, tags).
bool FieldOf(const ScriptState& state, std::uint8_t candidate, std::string_view field,
             RowValue* value);
bool HasTag(const ScriptState& state, std::uint8_t candidate, std::string_view tag);

/// Those of `from` that match all conditions of the table at `conditions`: bit i is candidate i. A Lua error for a
/// field that is not there and for a condition that is neither a text, an integer nor a matcher, if any is asked.
std::uint64_t Matching(lua_State* L, const CandidateSet& from, int conditions);

inline void PushRow(lua_State* L, std::uint8_t candidate) {
  PushReference(L, StateOf(L).rows[candidate]);
}

void OpenRows(lua_State* L);

}  // namespace hub::routing
