#include "server/routing/script_error.h"

#include <algorithm>
#include <cctype>

namespace hub::routing {
namespace {

constexpr std::size_t kAddressOctetsMin = 3;

bool SameLetter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

bool IsNumber(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

const char* FileName(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return path.c_str() + (slash == std::string::npos ? 0 : slash + 1);
}

Error ScriptError(const std::string& path, std::string_view text) {
  Error error{.doing = "load script",
              .why = {},
              .place = path,
              .system_errno = 0,
              .sqlstate = {},
              .advice = {}};
  const std::string_view file = FileName(path);
  if (text.starts_with(file) && text.substr(file.size()).starts_with(':')) {
    text.remove_prefix(file.size() + 1);
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && IsNumber(text.substr(0, colon))) {
      error.place += ":" + std::string(text.substr(0, colon));
      text.remove_prefix(colon + 1);
    }
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
  error.why = text;
  return error;
}

void Scrub(std::string_view address, std::string* text) {
  if (address.size() < kAddressOctetsMin) return;
  auto from = text->begin();
  for (;;) {
    from = std::search(from, text->end(), address.begin(), address.end(), SameLetter);
    if (from == text->end()) return;
    const auto at = from - text->begin();
    text->replace(static_cast<std::size_t>(at), address.size(), "***");
    from = text->begin() + at + 3;
  }
}

}  // namespace hub::routing
