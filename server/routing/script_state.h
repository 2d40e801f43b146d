// What the C functions of a VM share. Included by the script_*.cc files only.
//
// Rules for every function here that Lua may call: noexcept, checks its arguments first, and owns no C++ object
// with a destructor at a point where Lua may longjmp (any lua_push*, luaL_error, table access).
#pragma once

#include <re2/re2.h>

#include <array>
#include <lua.hpp>
#include <memory>
#include <vector>

#include "server/routing/route_tables.h"
#include "server/routing/script_heap.h"
#include "server/routing/script_vm.h"

namespace hub::routing {

inline constexpr std::uint8_t kSetsPerCallMax = 32;    // candidate sets one call may make
inline constexpr std::size_t kRejectTextMax = 200;     // octets of a reason; the rest is cut
inline constexpr std::size_t kKeptTextsMax = 8;        // KEPT in message_field.def
inline constexpr std::size_t kPatternsMax = 64;        // of a script
inline constexpr std::size_t kPatternOctetsMax = 512;  // of a pattern
inline constexpr std::int64_t kPatternHeapMax =
    1 << 20;  // RE2's memory for one pattern, outside the VM's heap

enum class ObjectKind : std::uint32_t {
  kMessage,
  kParts,
  kSource,
  kDestination,
  kNetwork,
  kClient,
  kTime,  // one of each a VM
  kRow,
  kCost,
  kTags,  // one a candidate place
  kSet,   // kSetsPerCallMax a VM
  kReject,
  kMatcher,
  kPattern,
  kCount,
};

/// Every full userdata of a VM begins with one, so a kind is one load away.
struct Object {
  ObjectKind kind;
};
struct RowObject : Object {
  std::uint8_t candidate;
};
struct SetObject : Object {
  std::uint64_t call;  // of which it is: a set kept for a later message is refused
  CandidateSet set;
};
struct PooledSet {
  int reference;  // into the registry
  SetObject* object;
};
/// A text of m that stands in its object's table, from its first read on. Octets are Lua's, held by the table.
struct KeptText {
  std::size_t field;  // of message_field.def
  int table, name;    // references into the registry
  std::string_view text;
};
struct MatcherObject : Object {  // one_of keeps its list as user value 1
  enum Op : std::uint8_t { kAtLeast, kAtMost, kOneOf } op;
  lua_Integer bound;
};
struct PatternObject : Object {
  std::size_t index;  // in ScriptState::patterns
};

/// A hub's own value, or nullptr.
inline Object* ToObject(lua_State* L, int index, ObjectKind kind) {
  auto* object = static_cast<Object*>(lua_touserdata(L, index));
  return object != nullptr && object->kind == kind ? object : nullptr;
}

struct ScriptState {
  ScriptHeap heap;
  std::int64_t instructions_max = 0;
  bool counts = true;  // the instruction hook is on: a call might pass instructions_max
  bool has_on_submit = false, has_on_route = false;
  bool loading = true;  // the top level runs: globals may be made, patterns compiled
  bool over_budget = false;
  std::int64_t c_work = 0;  // charged by this call: octets and elements that C functions looked at

  // The message at hand.
  std::uint64_t call = 0;
  const Query* query = nullptr;
  const RouteTables* tables = nullptr;
  const Decision* decision = nullptr;
  std::uint8_t sets_used = 0;

  // What reject() was told.
  std::uint64_t reject_call = 0;
  smpp::Status reject_status{};
  std::array<char, kRejectTextMax> reject_text{};
  std::size_t reject_length = 0;

  // References into the registry.
  int message = LUA_NOREF;  // m
  std::array<PooledSet, kSetsPerCallMax> sets{};
  std::array<int, kCandidatesMax> rows{}, costs{}, tags{};
  int reject = LUA_NOREF;
  std::array<int, static_cast<std::size_t>(ObjectKind::kCount)> metatables{};

  std::array<KeptText, kKeptTextsMax> kept{};
  std::size_t kept_count = 0;

  std::vector<std::unique_ptr<re2::RE2>> patterns;
};

inline ScriptState& StateOf(lua_State* L) {
  return **static_cast<ScriptState**>(lua_getextraspace(L));
}

/// Work in C, which the instruction count does not see: a unit an octet or element looked at. Called before the work.
/// A call may charge instructions_max of them; more raises the error of the instruction budget.
void Charge(lua_State* L, std::size_t units);

/// A new userdata of a kind, with the kind's metatable, on the stack.
template <class T>
T* PushObject(lua_State* L, ObjectKind kind, int user_values = 0) {
  auto* object = static_cast<T*>(lua_newuserdatauv(L, sizeof(T), user_values));
  object->kind = kind;
  lua_rawgeti(L, LUA_REGISTRYINDEX, StateOf(L).metatables[static_cast<std::size_t>(kind)]);
  lua_setmetatable(L, -2);
  return object;
}

/// Makes the metatable of a kind; leaves it on the stack. Writing into an object is an error by its name.
void PushMetatable(lua_State* L, ObjectKind kind, const char* name);

inline void PushReference(lua_State* L, int reference) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, reference);
}

// Each opens its part; called in this order, protected, once a VM. The table of builtins is on top of the stack.
void OpenLibraries(
    lua_State* L);  // script_library.cc: type, ipairs, string, math, table, cut to what is safe
void OpenHelpers(lua_State* L);     // script_helpers.cc: reject, at_least, starts, within, rx ...
void OpenMessage(lua_State* L);     // script_message.cc: m
void OpenCandidates(lua_State* L);  // script_candidates.cc: c and its rows
void SealGlobals(
    lua_State* L);  // script_env.cc: takes builtins, leaves the proxy that is every script's _ENV

/// A library that cannot be written to: takes the table on top, leaves its proxy.
void Freeze(lua_State* L, const char* name);

/// The script's own global; nil when there is none.
void PushScriptGlobal(lua_State* L, const char* name);
/// "on_result" for a global that looks like a hook and is none; "" when all is well.
const char* StrayHook(lua_State* L);

/// Before a call: kept texts become those of the message at hand. May be called unprotected.
void RefreshKept(lua_State* L);

/// The first set of the call: all candidates that stand. Fills it; it is pushed by its reference.
void FillStanding(ScriptState* state);
/// The set at index if it is of this call, else nullptr.
const CandidateSet* ToSet(lua_State* L, int index);

}  // namespace hub::routing
