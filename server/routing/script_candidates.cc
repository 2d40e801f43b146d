// c, the candidates that stand, and the sets made from it. A set is a small array in a pooled userdata.
#include <algorithm>
#include <cstring>

#include "server/routing/candidate_row.h"
#include "server/routing/split.h"

namespace hub::routing {
namespace {

SetObject* CheckSet(lua_State* L, int index = 1) {
  auto* set = static_cast<SetObject*>(ToObject(L, index, ObjectKind::kSet));
  if (set == nullptr) luaL_argerror(L, 1, "a candidate set is expected (call methods with ':')");
  if (set->call != StateOf(L).call) luaL_error(L, "a candidate set of another message");
  return set;
}

CandidateSet* Begin(SetObject* object, std::uint64_t call) {
  object->call = call;
  object->set.members = 0;
  object->set.count = 0;
  return &object->set;
}

// The next set of the pool, empty, on the stack.
CandidateSet* NewSet(lua_State* L) {
  ScriptState& state = StateOf(L);
  if (state.sets_used == kSetsPerCallMax) {
    luaL_error(L, "more than %d candidate sets for one message", static_cast<int>(kSetsPerCallMax));
  }
  const PooledSet& next = state.sets[state.sets_used++];
  PushReference(L, next.reference);
  return Begin(next.object, state.call);
}

int Filter(lua_State* L, bool keep) {
  const CandidateSet& from = CheckSet(L)->set;
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checkstack(L, 16, nullptr);
  const std::uint64_t matching = Matching(L, from, 2);
  CandidateSet* to = NewSet(L);
  for (std::uint8_t i = 0; i < from.count; ++i) {
    if ((matching >> from.index[i] & 1) == std::uint64_t{keep}) to->Add(from.index[i]);
  }
  return 1;
}
int Where(lua_State* L) noexcept { return Filter(L, true); }
int Without(lua_State* L) noexcept { return Filter(L, false); }

int Order(lua_State* L) noexcept {
  const CandidateSet& from = CheckSet(L)->set;
  const char* key = luaL_checkstring(L, 2);
  const bool by_cost = std::strcmp(key, "cost") == 0;
  if (!by_cost && std::strcmp(key, "priority") != 0) {
    return luaL_error(L, "order: '%s' is no key; there are: cost, priority", key);
  }
  CandidateSet* to = NewSet(L);
  *to = from;
  const auto begin = to->index.begin(), end = begin + to->count;
  if (by_cost) {  // candidates are numbered by cost, priority and supplier_id
    if (!std::is_sorted(begin, end)) std::sort(begin, end);
    return 1;
  }
  const ScriptState& state = StateOf(L);
  const auto priority = [&state](std::uint8_t i) {
    return state.tables->catalog().suppliers[state.decision->candidates[i].supplier].priority;
  };
  std::sort(begin, end, [&](std::uint8_t a, std::uint8_t b) {
    return priority(a) != priority(b) ? priority(a) < priority(b) : a < b;
  });
  return 1;
}

int Take(lua_State* L) noexcept {
  const CandidateSet& from = CheckSet(L)->set;
  const lua_Integer count = luaL_checkinteger(L, 2);
  luaL_argcheck(L, count >= 0, 2, "a count is 0 or more");
  CandidateSet* to = NewSet(L);
  for (std::uint8_t i = 0; i < from.count && i < count; ++i) to->Add(from.index[i]);
  return 1;
}

std::uint32_t SupplierAt(const ScriptState& state, std::uint8_t candidate) {
  return state.decision->candidates[candidate].supplier;
}

// The supplier of that name: its index in the catalog.
std::uint32_t CheckName(lua_State* L, const char* function, std::string_view name) {
  const auto found = StateOf(L).tables->SupplierNamed(name);
  if (!found) luaL_error(L, "%s: no supplier is named '%s'", function, name.data());
  return *found;
}

int Pin(lua_State* L) noexcept {
  const CandidateSet& from = CheckSet(L)->set;
  std::size_t length = 0;
  const char* text = luaL_checklstring(L, 2, &length);
  const std::uint32_t supplier = CheckName(L, "pin", {text, length});
  CandidateSet* to = NewSet(L);
  for (std::uint8_t i = 0; i < from.count; ++i) {
    if (SupplierAt(StateOf(L), from.index[i]) == supplier) to->Add(from.index[i]);
  }
  return 1;
}

// --- split{ name = share, ..., salt = "..." } ---

struct SplitTable {  // trivially destroyed: Lua may jump over it
  std::array<Share, kCandidatesMax> shares;
  std::size_t count = 0;
  std::uint64_t sum = 0;
  std::string_view salt;
};

void ReadShare(lua_State* L, const CandidateSet& from, SplitTable* split) {
  if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "split: a key is the name of a supplier");
  std::size_t length = 0;
  const char* text = lua_tolstring(L, -2, &length);
  const std::string_view name(text, length);
  if (name == "salt") {
    text = luaL_checklstring(L, -1, &length);
    split->salt = {text, length};
    return;
  }
  const std::uint32_t supplier = CheckName(L, "split", name);
  const lua_Integer share = lua_isinteger(L, -1) != 0 ? lua_tointeger(L, -1) : -1;
  if (share < 0 || share > kWholeBasisPoints || split->count == split->shares.size()) {
    luaL_error(L, "split: the share of '%s' is no integer of 0 to 10000", text);
  }
  Share& one = split->shares[split->count++];
  one = Share{.name = name, .weight = static_cast<std::uint32_t>(share)};
  split->sum += one.weight;
  for (std::uint8_t i = 0; i < from.count; ++i) {
    if (SupplierAt(StateOf(L), from.index[i]) != supplier) continue;
    one.candidate = from.index[i];
    one.stands = true;
  }
}

int Split(lua_State* L) noexcept {
  const CandidateSet& from = CheckSet(L)->set;
  luaL_checktype(L, 2, LUA_TTABLE);
  SplitTable split;
  for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) ReadShare(L, from, &split);
  if (split.sum != 100 && split.sum != kWholeBasisPoints) {
    return luaL_error(L, "split: shares add up to %d, neither 100 nor 10000",
                      static_cast<int>(split.sum));
  }
  Charge(L, split.salt.size() * split.count);  // hashed once a draw
  const ScriptState& state = StateOf(L);
  std::array<std::uint8_t, kCandidatesMax> order;
  const std::size_t drawn =
      DrawShares(RoutingKey(*state.query, state.decision->number()), split.salt,
                 std::span(split.shares).first(split.count), order);
  CandidateSet* to = NewSet(L);
  for (std::size_t i = 0; i < drawn; ++i) to->Add(order[i]);
  return 1;
}

// --- reading ---

int First(lua_State* L) noexcept {  // nil when empty
  const CandidateSet& set = CheckSet(L)->set;
  if (set.count == 0) {
    lua_pushnil(L);
  } else {
    PushRow(L, set.index[0]);
  }
  return 1;
}

int Empty(lua_State* L) noexcept {
  lua_pushboolean(L, CheckSet(L)->set.count == 0);
  return 1;
}

int Count(lua_State* L) noexcept {
  lua_pushinteger(L, CheckSet(L)->set.count);
  return 1;
}

// The row behind the control variable: no iterator object, so nothing is allocated.
int NextRow(lua_State* L) noexcept {
  const CandidateSet& set = CheckSet(L)->set;
  std::uint8_t at = 0;
  if (auto* row = static_cast<RowObject*>(ToObject(L, 2, ObjectKind::kRow)); row != nullptr) {
    while (at < set.count && set.index[at] != row->candidate) ++at;
    ++at;
  }
  if (at >= set.count) {
    lua_pushnil(L);
  } else {
    PushRow(L, set.index[at]);
  }
  return 1;
}

int Each(lua_State* L) noexcept {  // for r in c:each() do
  CheckSet(L);
  lua_pushcfunction(L, NextRow);
  lua_pushvalue(L, 1);
  return 2;
}

int SetIndex(lua_State* L) noexcept {  // c[i], of the set that is upvalue 1; or no method
  const CandidateSet& set = CheckSet(L, lua_upvalueindex(1))->set;
  if (lua_isinteger(L, 2) != 0) {
    const lua_Integer i = lua_tointeger(L, 2);
    if (i < 1 || i > set.count) {
      lua_pushnil(L);
    } else {
      PushRow(L, set.index[static_cast<std::size_t>(i - 1)]);
    }
    return 1;
  }
  return luaL_error(L, "a candidate set has no method '%s'",
                    lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2));
}

constexpr luaL_Reg kMethods[] = {
    {"where", Where}, {"without", Without}, {"order", Order},   {"take", Take},
    {"pin", Pin},     {"split", Split},     {"first", First},   {"empty", Empty},
    {"count", Count}, {"each", Each},       {nullptr, nullptr},
};

// A set with a metatable of its own, on the stack. Its __index is a table of the methods, so that finding one costs no
// call of C; only c[i] goes on to SetIndex, which knows the set by its upvalue: it is called with the table.
//
//   set (userdata) --__index--> { where = .., take = .. } --__index--> SetIndex
SetObject* PushNewSet(lua_State* L) {
  PushMetatable(L, ObjectKind::kSet, "a candidate set");
  lua_pushcfunction(L, Count);
  lua_setfield(L, -2, "__len");
  auto* set = PushObject<SetObject>(L, ObjectKind::kSet);
  set->call = 0;
  luaL_newlib(L, kMethods);
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, -3);
  lua_pushcclosure(L, SetIndex, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_setfield(L, -3, "__index");
  lua_remove(L, -2);
  return set;
}

}  // namespace

void OpenCandidates(lua_State* L) {
  OpenRows(L);
  for (PooledSet& set : StateOf(L).sets) {
    set.object = PushNewSet(L);
    set.reference = luaL_ref(L, LUA_REGISTRYINDEX);
  }
}

void FillStanding(ScriptState* state) {
  const Decision& decision = *state->decision;
  CandidateSet* set = Begin(state->sets[0].object, state->call);
  state->sets_used = 1;
  for (std::uint8_t i = 0; i < decision.candidate_count; ++i) {
    if (decision.candidates[i].drop == Drop::kNone) set->Add(i);
  }
}

const CandidateSet* ToSet(lua_State* L, int index) {
  auto* set = static_cast<SetObject*>(ToObject(L, index, ObjectKind::kSet));
  return set != nullptr && set->call == StateOf(L).call ? &set->set : nullptr;
}

}  // namespace hub::routing
