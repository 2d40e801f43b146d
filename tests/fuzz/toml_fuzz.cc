// TOML: any octets are a tree or an error with its place; settings are read or refused, never half.
#include "server/config/settings.h"
#include "server/config/toml.h"
#include "tests/fuzz/fuzz.h"

namespace {

void CheckTree(const hub::TomlValue& value, int depth) {
  FUZZ_CHECK(depth < 1000);
  for (const hub::TomlValue& item : value.items) CheckTree(item, depth + 1);
  for (const hub::TomlMember& member : value.members) {
    FUZZ_CHECK(value.Find(member.key) != nullptr);
    CheckTree(member.value, depth + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = smpp::AsText({data, size});
  const auto tree = hub::ParseToml(text, "fuzz.toml");
  if (tree) CheckTree(*tree, 0);
  // { file = "..." } would open what the fuzzer names.
  if (text.find("file") == std::string_view::npos && text.find("\\") == std::string_view::npos) {
    const auto loaded = hub::ParseSettings(text, "fuzz.toml", "/nonexistent");
    FUZZ_CHECK(loaded || !loaded.error().empty());
    FUZZ_CHECK(tree || !loaded);
  }
  return 0;
}
