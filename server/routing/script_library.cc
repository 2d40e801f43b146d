// The allow-list of lua_library.def, and the wrappers that bound what the instruction count does not see.
#include <cstring>

#include "server/routing/script_state.h"

namespace hub::routing {
namespace {

constexpr lua_Integer kTableElementsMax = 1'000;

int Plain(lua_State* L) noexcept;
int BoundedFormat(lua_State* L) noexcept;
int BoundedSpan(lua_State* L) noexcept;
int BoundedMove(lua_State* L) noexcept;

struct How {
  lua_CFunction wrapper;  // upvalue 1: Lua's own function; upvalue 2: `number`
  int number = 0;
};
constexpr How plain{Plain}, formats{BoundedFormat};
constexpr How spans_from_2{BoundedSpan, 2}, spans_from_3{BoundedSpan, 3};  // the first position
constexpr How inserts{BoundedMove, 3}, removes{BoundedMove, 2};  // arguments, with a position

struct LibraryRow {
  const char *library, *name;
  How how;
};
constexpr LibraryRow kLibrary[] = {
#define LUA_FUNCTION(library, name, how, why) {#library, #name, how},
#include "server/routing/lua_library.def"
#undef LUA_FUNCTION
};

// Lua's own function with the same arguments, charged by their number and by the octets of the texts.
// None of those in the table has upvalues, so it runs as this function.
int Plain(lua_State* L) noexcept {
  const int count = lua_gettop(L);
  auto units = static_cast<std::size_t>(count);
  for (int i = 1; i <= count; ++i) {
    if (lua_type(L, i) == LUA_TSTRING) units += lua_rawlen(L, i);
  }
  Charge(L, units);
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// The length of the plain table that is the first argument.
lua_Integer CheckLength(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const auto length = static_cast<lua_Integer>(lua_rawlen(L, 1));
  if (length > kTableElementsMax) {
    luaL_error(L, "table of more than %d elements", static_cast<int>(kTableElementsMax));
  }
  return length;
}

// Read as Lua's own functions read it: "7" and 7.0 are positions too.
lua_Integer CheckPosition(lua_State* L, int argument, lua_Integer otherwise) {
  const lua_Integer position = luaL_optinteger(L, argument, otherwise);
  if (position < -kTableElementsMax || position > kTableElementsMax + 1) {
    luaL_error(L, "position beyond %d elements", static_cast<int>(kTableElementsMax));
  }
  return position;
}

// concat and unpack: all from one position to another.
int BoundedSpan(lua_State* L) noexcept {
  const lua_Integer length = CheckLength(L);
  const auto argument = static_cast<int>(lua_tointeger(L, lua_upvalueindex(2)));
  const lua_Integer first = CheckPosition(L, argument, 1);
  const lua_Integer last = CheckPosition(L, argument + 1, length);
  if (last >= first) Charge(L, static_cast<std::size_t>(last - first + 1));
  return Plain(L);
}

// insert and remove: with a position, all behind it move.
int BoundedMove(lua_State* L) noexcept {
  const lua_Integer length = CheckLength(L);
  if (lua_gettop(L) >= lua_tointeger(L, lua_upvalueindex(2))) {
    const lua_Integer position = CheckPosition(L, 2, length);
    if (position <= length) Charge(L, static_cast<std::size_t>(length - position + 1));
  }
  return Plain(L);
}

// string.format: only conversions whose output depends on the value alone.
int BoundedFormat(lua_State* L) noexcept {
  int argument = 1;
  for (const char* p = luaL_checkstring(L, 1); *p != '\0'; ++p) {
    if (*p != '%') continue;
    ++p;
    if (*p == '%') continue;
    ++argument;
    p += std::strspn(p, "-+ 0123456789.");
    if (*p == 's') {
      luaL_checkstring(L, argument);
    } else if (*p == 'd' || *p == 'x') {
      luaL_checkinteger(L, argument);
    } else {
      return luaL_error(L, "format: only %%d, %%s, %%x and %%%% are there");
    }
  }
  return Plain(L);
}

// Lua's tostring prints the addresses of tables and functions: it differs from run to run.
int ToString(lua_State* L) noexcept {
  switch (lua_type(L, 1)) {
    case LUA_TSTRING:
    case LUA_TNUMBER:
    case LUA_TBOOLEAN:
    case LUA_TNIL:
      luaL_tolstring(L, 1, nullptr);
      return 1;
    default:
      return luaL_error(L, "tostring: a %s has no text", luaL_typename(L, 1));
  }
}

// Copies the functions listed for a library from its table on top into the table below it.
void CopyListed(lua_State* L, const char* library) {
  for (const LibraryRow& row : kLibrary) {
    if (std::strcmp(row.library, library) != 0) continue;
    lua_getfield(L, -1, row.name);
    lua_pushinteger(L, row.how.number);
    lua_pushcclosure(L, row.how.wrapper, 2);
    lua_setfield(L, -3, row.name);
  }
}

// builtins.<name> = a frozen table of the listed functions; leaves the unfrozen one on the stack.
void OpenOne(lua_State* L, const char* name, lua_CFunction open) {
  lua_newtable(L);
  luaL_requiref(L, name, open, 0);
  CopyListed(L, name);
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  Freeze(L, name);
  lua_setfield(L, -3, name);
}

}  // namespace

void OpenLibraries(lua_State* L) {
  luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
  CopyListed(L, "base");
  lua_pop(L, 1);
  lua_pushcfunction(L, ToString);
  lua_setfield(L, -2, "tostring");
  OpenOne(L, "math", luaopen_math);
  lua_pop(L, 1);
  OpenOne(L, "table", luaopen_table);
  lua_pop(L, 1);
  OpenOne(L, "string", luaopen_string);
  // ("x"):upper() finds its methods here. Lua's own metatable of strings would give all of them, and arithmetic
  // on digits.
  lua_newtable(L);
  lua_insert(L, -2);
  lua_setfield(L, -2, "__index");
  lua_pushliteral(L, "");
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

}  // namespace hub::routing
