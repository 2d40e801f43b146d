#include "server/routing/candidate_row.h"

#include <algorithm>

namespace hub::routing {
namespace {

constexpr lua_Integer kBasisPoints = 10'000;

const Candidate& CandidateOf(const ScriptState& state, std::uint8_t i) {
  return state.decision->candidates[i];
}
const store::SupplierRow& SupplierOf(const ScriptState& state, std::uint8_t i) {
  return state.tables->catalog().suppliers[CandidateOf(state, i).supplier];
}

// Margin per 10,000 of the amount, rounded down; a message that sells for nothing has margin 0 or an endless loss.
lua_Integer MarginBasisPoints(const ScriptState& state, std::uint8_t i) {
  const __int128 sell = state.decision->sell_amount.units;
  const __int128 margin = CandidateOf(state, i).margin.units;
  if (sell <= 0) return margin < 0 ? INT32_MIN : 0;
  __int128 points = margin * kBasisPoints / sell;
  if (margin < 0 && margin * kBasisPoints % sell != 0) --points;
  return static_cast<lua_Integer>(std::max<__int128>(points, INT32_MIN));
}

// 1 for the cheapest; equal costs share a rank. Those that stand come first, by cost.
lua_Integer PriceRank(const ScriptState& state, std::uint8_t i) {
  const auto begin = state.decision->candidates.begin();
  const auto first =
      std::lower_bound(begin, begin + i, CandidateOf(state, i).cost,
                       [](const Candidate& candidate, Nano cost) { return candidate.cost < cost; });
  return first - begin + 1;
}

std::string_view TextAt(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TSTRING) return "?";
  std::size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  return {text, length};
}

// The object at 1, of the message at hand: rows kept from an earlier one may point beyond the candidates.
std::uint8_t CheckRow(lua_State* L, int index, ObjectKind kind, const char* what) {
  auto* row = static_cast<RowObject*>(ToObject(L, index, kind));
  if (row == nullptr) luaL_argerror(L, index, what);
  if (row->candidate >= StateOf(L).decision->candidate_count) {
    luaL_error(L, "%s is of another message", what);
  }
  return row->candidate;
}

int RowIndex(lua_State* L) noexcept {
  const std::uint8_t row = CheckRow(L, 1, ObjectKind::kRow, "a candidate");
  const ScriptState& state = StateOf(L);
  const std::string_view field = TextAt(L, 2);
  RowValue value;
  if (FieldOf(state, row, field, &value)) {
    if (value.is_text) {
      lua_pushlstring(L, value.text.data(), value.text.size());
    } else {
      lua_pushinteger(L, value.number);
    }
  } else if (field == "cost") {
    PushReference(L, state.costs[row]);
  } else if (field == "tags") {
    PushReference(L, state.tags[row]);
  } else {
    return luaL_error(L, "a candidate has no field '%s'", field.data());
  }
  return 1;
}

Nano CheckCost(lua_State* L, int index) {
  const std::uint8_t row = CheckRow(L, index, ObjectKind::kCost, "a cost");
  return CandidateOf(StateOf(L), row).cost;
}
int CostLess(lua_State* L) noexcept {
  lua_pushboolean(L, CheckCost(L, 1) < CheckCost(L, 2));
  return 1;
}
int CostLessEqual(lua_State* L) noexcept {
  lua_pushboolean(L, CheckCost(L, 1) <= CheckCost(L, 2));
  return 1;
}
int CostEqual(lua_State* L) noexcept {
  lua_pushboolean(L, CheckCost(L, 1) == CheckCost(L, 2));
  return 1;
}

int TagsHas(lua_State* L) noexcept {  // r.tags:has(tag)
  const std::uint8_t row = CheckRow(L, 1, ObjectKind::kTags, "a candidate's tags");
  std::size_t length = 0;
  const char* tag = luaL_checklstring(L, 2, &length);
  lua_pushboolean(L, HasTag(StateOf(L), row, {tag, length}));
  return 1;
}

int TagsIndex(lua_State* L) noexcept {
  const std::string_view name = TextAt(L, 2);
  if (name != "has") return luaL_error(L, "tags has no field '%s'", name.data());
  lua_pushcfunction(L, TagsHas);
  return 1;
}

// What a field is compared with, read once for all candidates.
struct Condition {
  enum Kind : std::uint8_t { kNone, kText, kNumber, kMatcher } kind = kNone;
  int index = 0;  // on the stack, where it stays
  std::string_view text;
  lua_Integer number = 0;
  const MatcherObject* matcher = nullptr;
};

// Of the value on top of the stack. kNone is an error only when it is asked.
Condition ReadCondition(lua_State* L) {
  Condition condition;
  condition.index = lua_gettop(L);
  if (lua_type(L, -1) == LUA_TSTRING) {
    condition.kind = Condition::kText;
    condition.text = TextAt(L, -1);
  } else if (lua_isinteger(L, -1) != 0) {
    condition.kind = Condition::kNumber;
    condition.number = lua_tointeger(L, -1);
  } else if (auto* matcher = ToObject(L, -1, ObjectKind::kMatcher); matcher != nullptr) {
    condition.kind = Condition::kMatcher;
    condition.matcher = static_cast<const MatcherObject*>(matcher);
  }
  return condition;
}

bool HoldsBound(lua_State* L, const MatcherObject& matcher, const RowValue& value,
                std::string_view field) {
  if (value.is_text) luaL_error(L, "condition on '%s': it is a text, not a number", field.data());
  return matcher.op == MatcherObject::kAtLeast ? value.number >= matcher.bound
                                               : value.number <= matcher.bound;
}

bool HoldsOneOf(lua_State* L, int matcher, const RowValue& value, std::string_view field);

bool Holds(lua_State* L, const Condition& condition, const RowValue& value,
           std::string_view field) {
  switch (condition.kind) {
    case Condition::kText:
      return value.is_text && value.text == condition.text;
    case Condition::kNumber:
      return !value.is_text && value.number == condition.number;
    case Condition::kMatcher:
      if (condition.matcher->op != MatcherObject::kOneOf) {
        return HoldsBound(L, *condition.matcher, value, field);
      }
      return HoldsOneOf(L, condition.index, value, field);
    case Condition::kNone:
      luaL_error(L, "condition on '%s': a %s is neither text, integer nor matcher", field.data(),
                 luaL_typename(L, condition.index));
  }
  return false;
}

bool HoldsOneOf(lua_State* L, int matcher, const RowValue& value, std::string_view field) {
  lua_getiuservalue(L, matcher, 1);
  const int list = lua_gettop(L);
  bool found = false;
  for (lua_Integer i = 1; !found && lua_rawgeti(L, list, i) != LUA_TNIL; ++i, lua_pop(L, 1)) {
    const Condition one = ReadCondition(L);
    if (one.kind == Condition::kMatcher) luaL_error(L, "one_of: a matcher in it");
    Charge(L, 1);
    found = Holds(L, one, value, field);
  }
  lua_settop(L, list - 1);
  return found;
}

// tags = "gold" or one_of("gold", "silver").
bool HoldsForTags(lua_State* L, const Condition& condition, std::uint8_t candidate) {
  const store::SupplierRow& supplier = SupplierOf(StateOf(L), candidate);
  for (const std::string& tag : supplier.tags) {
    if (Holds(L, condition, {.is_text = true, .text = tag}, "tags")) return true;
  }
  return false;
}

// Those of `from` that the condition on top of the stack holds for.
std::uint64_t MatchingOne(lua_State* L, const CandidateSet& from, std::string_view field) {
  const ScriptState& state = StateOf(L);
  const Condition condition = ReadCondition(L);
  const bool is_tags = field == "tags";
  std::uint64_t matching = 0;
  for (std::uint8_t i = 0; i < from.count; ++i) {
    const std::uint8_t candidate = from.index[i];
    RowValue value;
    bool holds = false;
    if (is_tags) {
      holds = HoldsForTags(L, condition, candidate);
    } else if (FieldOf(state, candidate, field, &value)) {
      holds = Holds(L, condition, value, field);
    } else {
      luaL_error(L, "condition on '%s': a candidate has no such field to compare", field.data());
    }
    matching |= std::uint64_t{holds} << candidate;
  }
  return matching;
}

void MakePool(lua_State* L, ObjectKind kind, std::array<int, kCandidatesMax>* pool) {
  for (std::uint8_t i = 0; i < kCandidatesMax; ++i) {
    PushObject<RowObject>(L, kind)->candidate = i;
    (*pool)[i] = luaL_ref(L, LUA_REGISTRYINDEX);
  }
}

void SetEvent(lua_State* L, const char* event, lua_CFunction function) {
  lua_pushcfunction(L, function);
  lua_setfield(L, -2, event);
}

}  // namespace

bool FieldOf(const ScriptState& state, std::uint8_t candidate, std::string_view field,
             RowValue* value) {
  const store::SupplierRow& supplier = SupplierOf(state, candidate);
  if (field == "supplier" || field == "route") {  // a supplier account has one route, so far
    *value = {.is_text = true, .text = supplier.name};
  } else if (field == "type") {
    *value = {.is_text = true, .text = supplier.type};
  } else if (field == "margin_bp") {
    *value = {.number = MarginBasisPoints(state, candidate)};
  } else if (field == "price_rank") {
    *value = {.number = PriceRank(state, candidate)};
  } else {
    return false;
  }
  return true;
}

bool HasTag(const ScriptState& state, std::uint8_t candidate, std::string_view tag) {
  const auto& tags = SupplierOf(state, candidate).tags;
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

std::uint64_t Matching(lua_State* L, const CandidateSet& from, int conditions) {
  std::uint64_t matching = from.members;
  for (lua_pushnil(L); lua_next(L, conditions) != 0; lua_pop(L, 1)) {
    matching &= MatchingOne(L, from, TextAt(L, -2));
  }
  return matching;
}

void OpenRows(lua_State* L) {
  ScriptState& state = StateOf(L);
  PushMetatable(L, ObjectKind::kRow, "a candidate");
  SetEvent(L, "__index", RowIndex);
  PushMetatable(L, ObjectKind::kCost, "a cost");
  SetEvent(L, "__lt", CostLess);
  SetEvent(L, "__le", CostLessEqual);
  SetEvent(L, "__eq", CostEqual);
  PushMetatable(L, ObjectKind::kTags, "tags");
  SetEvent(L, "__index", TagsIndex);
  lua_pop(L, 3);
  MakePool(L, ObjectKind::kRow, &state.rows);
  MakePool(L, ObjectKind::kCost, &state.costs);
  MakePool(L, ObjectKind::kTags, &state.tags);
}

}  // namespace hub::routing
