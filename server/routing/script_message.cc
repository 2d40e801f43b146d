// m, the message at hand: read-only proxies, one userdata a kind, made once a VM.
//
// The __index of each is a table, so that what stands in it costs no call of C: methods, sub-objects and the texts kept
// from the message before. The others come from Index, the table's own __index: one look-up by the field's name and
// one push. What is in neither is an error by its name: a typo must never read as nil.
//
//   m (userdata) --__index--> { dst = .., hash = .., class = "otp" } --__index--> Index
#include <algorithm>
#include <chrono>

#include "protocol/text/alphabet.h"
#include "server/routing/script_state.h"
#include "server/routing/split.h"

namespace hub::routing {
namespace {

constexpr std::size_t kShortCodeDigitsMax = 8;  // longer digits are a number, not a short code

void Push(lua_State* L, std::string_view text) { lua_pushlstring(L, text.data(), text.size()); }

std::string_view CodingName(std::uint8_t data_coding) {
  constexpr std::string_view kNames[] = {"gsm7", "octets", "ucs2"};
  return kNames[static_cast<std::size_t>(smpp::AlphabetOf(data_coding))];
}

// "alnum", "short" (code), "num" (international or national number), "none".
std::string_view SourceKind(std::string_view address) {
  if (address.empty()) return "none";
  if (address[0] == '+') address.remove_prefix(1);
  for (const char c : address) {
    if (c < '0' || c > '9') return "alnum";
  }
  return address.size() <= kShortCodeDigitsMax ? "short" : "num";
}

void PushTimeOfDay(lua_State* L, WallTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(at - day).count();
  const auto digit = [](std::int64_t n) { return static_cast<char>('0' + n % 10); };
  const char text[5] = {digit(minutes / 600), digit(minutes / 60), ':', digit(minutes % 60 / 10),
                        digit(minutes % 60)};
  lua_pushlstring(L, text, sizeof(text));
}

void PushWeekday(lua_State* L, WallTime at) {  // ISO 8601: Monday is 1
  const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(at)};
  lua_pushinteger(L, static_cast<lua_Integer>(day.iso_encoding()));
}

using PushField = void (*)(lua_State* L, const Query& q, const Decision& d);
using TextOf = std::string_view (*)(const Query& q, const Decision& d);
struct Field {
  ObjectKind object;
  const char* name;
  PushField push;
  TextOf kept;  // null: asked at each read
};
constexpr Field kFields[] = {
#define FIELD(object, name, push, meaning)                                                 \
  {ObjectKind::object, #name,                                                              \
   [](lua_State* L, [[maybe_unused]] const Query& q, [[maybe_unused]] const Decision& d) { \
     push;                                                                                 \
   },                                                                                      \
   nullptr},
#define KEPT(object, name, text, meaning)                                                        \
  {ObjectKind::object, #name, nullptr,                                                           \
   []([[maybe_unused]] const Query& q, [[maybe_unused]] const Decision& d) -> std::string_view { \
     return text;                                                                                \
   }},
#include "server/routing/message_field.def"
#undef KEPT
#undef FIELD
};
static_assert(kKeptTextsMax == std::ranges::count_if(kFields, [](const Field& field) {
                return field.kept != nullptr;
              }));

std::string_view TextAt(lua_State* L, int index) {
  std::size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  return {text, length};
}

// A text read for the first time, on top: from now on it stands in the object's table (1) under its name (2).
void Keep(lua_State* L, std::size_t field) {
  ScriptState& state = StateOf(L);
  KeptText& kept = state.kept[state.kept_count];
  kept.field = field;
  kept.text = TextAt(L, -1);
  lua_pushvalue(L, 1);
  kept.table = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pushvalue(L, 2);
  kept.name = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  ++state.kept_count;
}

// The object's table has no such name. Upvalue 1: name -> index into kFields. Upvalue 2: the object's name.
int Index(lua_State* L) noexcept {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNUMBER) {
    const ScriptState& state = StateOf(L);
    const auto number = static_cast<std::size_t>(lua_tointeger(L, -1));
    const Field& field = kFields[number];
    if (field.kept == nullptr) {
      field.push(L, *state.query, *state.decision);
    } else {
      Push(L, field.kept(*state.query, *state.decision));
      Keep(L, number);
    }
    return 1;
  }
  return luaL_error(L, "%s has no field '%s'", lua_tostring(L, lua_upvalueindex(2)),
                    lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2));
}

int Hash(lua_State* L) noexcept {  // m:hash(salt) -> 0..9999
  if (ToObject(L, 1, ObjectKind::kMessage) == nullptr)
    return luaL_argerror(L, 1, "call it m:hash(salt)");
  std::size_t length = 0;
  const char* salt = luaL_checklstring(L, 2, &length);
  Charge(L, length);
  const ScriptState& state = StateOf(L);
  const std::uint64_t key = RoutingKey(*state.query, state.decision->number());
  lua_pushinteger(L,
                  static_cast<lua_Integer>(SaltedHash(key, {salt, length}, 0) % kWholeBasisPoints));
  return 1;
}

int ClientHas(lua_State* L) noexcept {  // m.client:has(tag)
  if (ToObject(L, 1, ObjectKind::kClient) == nullptr) {
    return luaL_argerror(L, 1, "call it m.client:has(tag)");
  }
  std::size_t length = 0;
  const char* tag = luaL_checklstring(L, 2, &length);
  bool has = false;
  for (const std::string& one : StateOf(L).query->client->tags) {
    has = has || std::string_view(one) == std::string_view(tag, length);
  }
  lua_pushboolean(L, has);
  return 1;
}

// The metatable of an object's table on top: Index, over the fields that a kind has.
void PushFields(lua_State* L, ObjectKind kind, const char* name) {
  lua_createtable(L, 0, 1);
  lua_newtable(L);
  for (std::size_t i = 0; i < std::size(kFields); ++i) {
    if (kFields[i].object != kind) continue;
    lua_pushinteger(L, static_cast<lua_Integer>(i));
    lua_setfield(L, -2, kFields[i].name);
  }
  lua_pushstring(L, name);
  lua_pushcclosure(L, Index, 2);
  lua_setfield(L, -2, "__index");
}

// Makes the one object of a kind; its table stays below it on the stack, for methods and sub-objects.
void MakeObject(lua_State* L, ObjectKind kind, const char* name) {
  lua_newtable(L);
  PushFields(L, kind, name);
  lua_setmetatable(L, -2);
  PushMetatable(L, kind, name);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  PushObject<Object>(L, kind);
}

// Unprotected, so the heap admits what it takes: a Lua error here would have nowhere to go.
void Refresh(lua_State* L, KeptText* kept, std::string_view text) {
  ScriptState& state = StateOf(L);
  state.heap.unbounded = true;
  lua_rawgeti(L, LUA_REGISTRYINDEX, kept->table);
  lua_rawgeti(L, LUA_REGISTRYINDEX, kept->name);
  Push(L, text);
  kept->text = TextAt(L, -1);
  lua_rawset(L, -3);  // the name is there: the table does not grow
  lua_pop(L, 1);
  state.heap.unbounded = false;
}

}  // namespace

void RefreshKept(lua_State* L) {
  ScriptState& state = StateOf(L);
  for (std::size_t i = 0; i < state.kept_count; ++i) {
    KeptText& kept = state.kept[i];
    const std::string_view text = kFields[kept.field].kept(*state.query, *state.decision);
    if (text != kept.text) Refresh(L, &kept, text);
  }
}

void OpenMessage(lua_State* L) {
  const int top = lua_gettop(L);
  MakeObject(L, ObjectKind::kMessage, "m");
  StateOf(L).message = luaL_ref(L, LUA_REGISTRYINDEX);
  const int fields = top + 1;
  lua_pushcfunction(L, Hash);
  lua_setfield(L, fields, "hash");
  constexpr struct {
    ObjectKind kind;
    const char *name, *field;
  } kParts[] = {
      {ObjectKind::kParts, "m.parts", "parts"},   {ObjectKind::kSource, "m.src", "src"},
      {ObjectKind::kDestination, "m.dst", "dst"}, {ObjectKind::kNetwork, "m.net", "net"},
      {ObjectKind::kTime, "m.time", "time"},      {ObjectKind::kClient, "m.client", "client"}};
  for (const auto& part : kParts) {
    MakeObject(L, part.kind, part.name);
    lua_setfield(L, fields, part.field);
    if (part.kind == ObjectKind::kClient) {
      lua_pushcfunction(L, ClientHas);
      lua_setfield(L, -2, "has");
    }
    lua_pop(L, 1);
  }
  lua_settop(L, top);
}

}  // namespace hub::routing
