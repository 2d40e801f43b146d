// Functions of the hub itself: refusing, matchers for where{}, small questions about strings, RE2.
#include <cstring>

#include "server/routing/script_state.h"

namespace hub::routing {
namespace {

struct Text {
  const char* octets;
  std::size_t length;
};
Text CheckText(lua_State* L, int argument) {
  Text text{nullptr, 0};
  text.octets = luaL_checklstring(L, argument, &text.length);
  return text;
}

// --- reject(code, reason) ---

void PutReject(ScriptState* state, const char* octets, std::size_t length) {
  const std::size_t room = state->reject_text.size() - state->reject_length;
  const std::size_t count = length < room ? length : room;
  for (std::size_t i = 0; i < count; ++i) {
    const bool control = static_cast<unsigned char>(octets[i]) < 0x20 || octets[i] == 0x7f;
    state->reject_text[state->reject_length + i] = control ? ' ' : octets[i];  // one line in a log
  }
  state->reject_length += count;
}

bool IsWord(Text text) {
  if (text.length == 0 || text.length > 32) return false;
  for (std::size_t i = 0; i < text.length; ++i) {
    const char c = text.octets[i];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

// A number, a status by name, or a word of the operator's own that becomes part of the reason.
bool ReadCode(lua_State* L, ScriptState* state) {
  if (lua_isinteger(L, 1) != 0) {
    const lua_Integer code = lua_tointeger(L, 1);
    state->reject_status = static_cast<smpp::Status>(code);
    return code > 0 && code <= 0xffff'ffff;
  }
  const Text code = CheckText(L, 1);
  if (smpp::ParseStatus({code.octets, code.length}, &state->reject_status)) {
    return state->reject_status != smpp::Status::ESME_ROK;
  }
  if (!IsWord(code)) return false;
  PutReject(state, code.octets, code.length);
  return true;
}

int Reject(lua_State* L) noexcept {
  ScriptState& state = StateOf(L);
  state.reject_length = 0;
  state.reject_status = smpp::Status::ESME_ROK;
  state.reject_call = state.call;
  if (!ReadCode(L, &state)) {
    return luaL_error(
        L, "reject: the code must be a command_status by number or name, or a word in lower case");
  }
  if (!lua_isnoneornil(L, 2)) {
    const Text reason = CheckText(L, 2);
    if (state.reject_length != 0) PutReject(&state, ": ", 2);
    PutReject(&state, reason.octets, reason.length);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, state.reject);
  return 1;
}

// --- matchers of where{} and without{} ---

int Bound(lua_State* L, MatcherObject::Op op) {
  const lua_Integer bound = luaL_checkinteger(L, 1);
  auto* matcher = PushObject<MatcherObject>(L, ObjectKind::kMatcher);
  matcher->op = op;
  matcher->bound = bound;
  return 1;
}
int AtLeast(lua_State* L) noexcept { return Bound(L, MatcherObject::kAtLeast); }
int AtMost(lua_State* L) noexcept { return Bound(L, MatcherObject::kAtMost); }

int OneOf(lua_State* L) noexcept {  // one_of("a", "b") or one_of{"a", "b"}
  const bool is_table = lua_gettop(L) == 1 && lua_istable(L, 1);
  const std::size_t count = is_table ? lua_rawlen(L, 1) : static_cast<std::size_t>(lua_gettop(L));
  if (count > kCandidatesMax) {
    return luaL_error(L, "one_of: more than %d values", static_cast<int>(kCandidatesMax));
  }
  Charge(L, count);
  const auto values = static_cast<int>(count);
  lua_createtable(L, values, 0);  // its own: the rule's table may grow
  const int list = lua_gettop(L);
  for (int i = 1; i <= values; ++i) {
    if (is_table) {
      lua_rawgeti(L, 1, i);
    } else {
      lua_pushvalue(L, i);
    }
    lua_rawseti(L, list, i);
  }
  auto* matcher = PushObject<MatcherObject>(L, ObjectKind::kMatcher, 1);
  matcher->op = MatcherObject::kOneOf;
  matcher->bound = 0;
  lua_pushvalue(L, list);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

// --- strings ---

int Starts(lua_State* L) noexcept {
  const Text text = CheckText(L, 1), start = CheckText(L, 2);
  Charge(L, start.length);
  lua_pushboolean(
      L, text.length >= start.length && std::memcmp(text.octets, start.octets, start.length) == 0);
  return 1;
}

int Contains(lua_State* L) noexcept {
  const Text text = CheckText(L, 1), part = CheckText(L, 2);
  Charge(L, text.length + part.length);
  lua_pushboolean(L, memmem(text.octets, text.length, part.octets, part.length) != nullptr);
  return 1;
}

int Digits(lua_State* L) noexcept {
  const Text text = CheckText(L, 1);
  Charge(L, text.length);
  bool all = text.length != 0;
  for (std::size_t i = 0; i < text.length; ++i) {
    all = all && text.octets[i] >= '0' && text.octets[i] <= '9';
  }
  lua_pushboolean(L, all);
  return 1;
}

// Minutes of "HH:MM"; an error else.
int CheckMinutes(lua_State* L, int argument) {
  const Text text = CheckText(L, argument);
  const char* t = text.octets;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.length == 5 && digit(t[0]) && digit(t[1]) && t[2] == ':' && digit(t[3]) && digit(t[4])) {
    const int hours = (t[0] - '0') * 10 + t[1] - '0', minutes = (t[3] - '0') * 10 + t[4] - '0';
    if (hours <= 24 && minutes < 60 && hours * 60 + minutes <= 24 * 60) return hours * 60 + minutes;
  }
  return luaL_argerror(L, argument, "a time of day is \"HH:MM\"");
}

int Within(lua_State* L) noexcept {  // [from, to); over midnight when from > to
  const int time = CheckMinutes(L, 1), from = CheckMinutes(L, 2), to = CheckMinutes(L, 3);
  lua_pushboolean(L, from <= to ? time >= from && time < to : time >= from || time < to);
  return 1;
}

// --- rx: RE2, linear in the text whatever the pattern ---

// The number of the new pattern, or -1 when RE2 does not take it. Owns C++ objects, so it never calls Lua.
int AddPattern(ScriptState* state, const char* octets, std::size_t length) noexcept {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternHeapMax);
  options.set_never_capture(true);
  auto pattern = std::make_unique<re2::RE2>(re2::StringPiece(octets, length), options);
  if (!pattern->ok()) return -1;
  state->patterns.push_back(std::move(pattern));
  return static_cast<int>(state->patterns.size()) - 1;
}

int RxCompile(lua_State* L) noexcept {
  ScriptState& state = StateOf(L);
  const Text text = CheckText(L, 1);
  if (!state.loading) return luaL_error(L, "rx.compile: only at the top level of the file");
  if (text.length > kPatternOctetsMax || state.patterns.size() >= kPatternsMax) {
    return luaL_error(L, "rx.compile: at most %d patterns of %d octets",
                      static_cast<int>(kPatternsMax), static_cast<int>(kPatternOctetsMax));
  }
  const int index = AddPattern(&state, text.octets, text.length);
  if (index < 0) return luaL_error(L, "rx.compile: not a pattern that RE2 takes");
  PushObject<PatternObject>(L, ObjectKind::kPattern)->index = static_cast<std::size_t>(index);
  return 1;
}

// RE2 takes a step an octet, but one for each place in the pattern when its automaton outgrows kPatternHeapMax.
std::size_t OctetCost(const re2::RE2& expression) {
  constexpr int kPlacesAUnit = 32;
  return static_cast<std::size_t>(1 + expression.ProgramSize() / kPlacesAUnit);
}

int RxMatch(lua_State* L) noexcept {  // anywhere in the text; ^ and $ anchor
  auto* pattern = static_cast<PatternObject*>(ToObject(L, 1, ObjectKind::kPattern));
  if (pattern == nullptr) return luaL_argerror(L, 1, "what rx.compile gave is expected");
  const Text text = CheckText(L, 2);
  const re2::RE2& expression = *StateOf(L).patterns[pattern->index];
  Charge(L, text.length * OctetCost(expression));
  const bool found = re2::RE2::PartialMatch(re2::StringPiece(text.octets, text.length), expression);
  lua_pushboolean(L, found);
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"reject", Reject}, {"at_least", AtLeast}, {"at_most", AtMost},
    {"one_of", OneOf},  {"starts", Starts},    {"contains", Contains},
    {"digits", Digits}, {"within", Within},    {nullptr, nullptr},
};
constexpr luaL_Reg kRx[] = {{"compile", RxCompile}, {"match", RxMatch}, {nullptr, nullptr}};

}  // namespace

void OpenHelpers(lua_State* L) {
  luaL_setfuncs(L, kFunctions, 0);
  lua_newtable(L);
  luaL_setfuncs(L, kRx, 0);
  Freeze(L, "rx");
  lua_setfield(L, -2, "rx");
  PushMetatable(L, ObjectKind::kMatcher, "a matcher");
  PushMetatable(L, ObjectKind::kPattern, "a pattern");
  PushMetatable(L, ObjectKind::kReject, "reject()");
  lua_pop(L, 3);
  PushObject<Object>(L, ObjectKind::kReject);
  StateOf(L).reject = luaL_ref(L, LUA_REGISTRYINDEX);
}

}  // namespace hub::routing
