// The allow-list of lua_library.def, and the wrappers that bound what the instruction count does not see.
#include <cstring>

#include "server/routing/script_state.h"

namespace hub::routing {
namespace {

constexpr lua_Integer kTableElementsMax = 1'000;

struct LibraryRow {
  const char *library, *name;
  bool bounded;
};
constexpr bool plain = false, bounded = true;
constexpr LibraryRow kLibrary[] = {
#define LUA_FUNCTION(library, name, how, why) {#library, #name, how},
#include "server/routing/lua_library.def"
#undef LUA_FUNCTION
};

// Calls Lua's own function, upvalue 1, with the same arguments.
int CallOriginal(lua_State* L) {
  const int count = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, count, LUA_MULTRET);
  return lua_gettop(L);
}

// table.*: the first argument is a plain table of bounded length, positions are within it.
int BoundedTable(lua_State* L) noexcept {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_rawlen(L, 1) > kTableElementsMax) {
    return luaL_error(L, "table of more than %d elements", static_cast<int>(kTableElementsMax));
  }
  // insert's value may be any number: only a position counts, which is an argument before the last.
  const int last = lua_toboolean(L, lua_upvalueindex(2)) ? lua_gettop(L) - 1 : lua_gettop(L);
  for (int i = 2; i <= last; ++i) {
    if (lua_type(L, i) != LUA_TNUMBER) continue;
    const lua_Number position = lua_tonumber(L, i);
    if (position >= -kTableElementsMax && position <= kTableElementsMax + 1) continue;
    return luaL_error(L, "position beyond %d elements", static_cast<int>(kTableElementsMax));
  }
  return CallOriginal(L);
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
  return CallOriginal(L);
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
    if (row.bounded && std::strcmp(row.name, "format") == 0) {
      lua_pushcclosure(L, BoundedFormat, 1);
    } else if (row.bounded) {
      lua_pushboolean(L, std::strcmp(row.name, "insert") == 0);
      lua_pushcclosure(L, BoundedTable, 2);
    }
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
