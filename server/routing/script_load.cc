// From a file to a Script that loops may use: read, compiled, looked at, run once where it can do no harm.
#include <cerrno>
#include <cstdio>
#include <memory>

#include "server/routing/router.h"
#include "server/routing/script_check.h"
#include "server/routing/script_error.h"
#include "server/routing/script_vm.h"

namespace hub::routing {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Outcome<std::string> ReadSource(const std::string& path, std::size_t octets_max) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) {
    Error error = SystemError("open script", errno);
    error.place = path;
    return Err{std::move(error)};
  }
  std::string source(octets_max + 1, '\0');
  source.resize(std::fread(source.data(), 1, source.size(), file.get()));
  std::string why;
  if (std::ferror(file.get()) != 0) why = "the file cannot be read";
  if (source.size() > octets_max) {
    why = "larger than script source_octets_max, " + std::to_string(octets_max);
  }
  if (source.find('\0') != std::string::npos) why = "not a text: there is a NUL in it";
  if (!why.empty()) return Err{ScriptError(path, why)};
  return source;
}

}  // namespace

Outcome<std::shared_ptr<const Script>> LoadScript(const ScriptOptions& options,
                                                  std::int64_t version) {
  auto script = std::make_shared<Script>();
  script->options = options;
  script->path = options.path;
  if (options.path.empty()) return std::shared_ptr<const Script>(std::move(script));
  auto source = ReadSource(options.path, options.source_octets_max);
  if (!source) return Err{source.error()};
  script->version = version;
  script->source = std::move(*source);
  // Names first: "unknown global 'functoin'" says more than what the compiler makes of it.
  const auto checked = CheckScript(script->path, script->source);
  if (!checked) return Err{checked.error()};
  const auto vm = ScriptVm::Load(*script);  // thrown away: each loop loads its own
  if (!vm) return Err{vm.error()};
  return std::shared_ptr<const Script>(std::move(script));
}

}  // namespace hub::routing
