#include "server/admin/commands.h"

#include <algorithm>
#include <charconv>

#include "server/admin/json_values.h"
#include "server/base/short_id.h"
#include "server/telemetry/log.h"

namespace hub::admin {
namespace {

Denial Usage(std::string doing, std::string why, std::string advice = {}) {
  return {Code::kUsage, Error{.doing = std::move(doing),
                              .why = std::move(why),
                              .place = {},
                              .sqlstate = {},
                              .advice = std::move(advice)}};
}

/// Reads the arguments of one request. The first thing wrong stays; `Finish` also refuses what nobody asked for.
class Arguments {
 public:
  explicit Arguments(const Json& json) : json_(json) {}

  std::string Text(const char* name, bool required = false) {
    const Json* value = Find(name);
    if (value == nullptr && required) Fail(name, "is missing");
    if (value == nullptr) return {};
    if (!value->is_string()) Fail(name, "is no string");
    return value->is_string() ? value->get<std::string>() : "";
  }
  std::optional<std::int64_t> Integer(const char* name, std::int64_t min, std::int64_t max) {
    const Json* value = Find(name);
    if (value == nullptr) return std::nullopt;
    const bool fits = value->is_number_integer() &&
                      !(value->is_number_unsigned() &&
                        value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX));
    if (!fits || value->get<std::int64_t>() < min || value->get<std::int64_t>() > max) {
      Fail(name, "is no whole number within " + std::to_string(min) + " .. " + std::to_string(max));
      return std::nullopt;
    }
    return value->get<std::int64_t>();
  }
  /// An id in a string, as its client has it or in decimal digits: JSON numbers of other languages end at 2^53.
  std::optional<std::uint64_t> Id(const char* name) {
    const Json* value = Find(name);
    if (value == nullptr) return std::nullopt;
    const std::string digits = value->is_string() ? value->get<std::string>() : "";
    if (const auto named = ParseClientText(digits)) return named;
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      Fail(name, "is no id: decimal digits, or 8 characters as clients of v3.3 have them");
      return std::nullopt;
    }
    return id;
  }
  bool Has(const char* name) { return Find(name) != nullptr; }
  void Fail(std::string_view name, const std::string& why) {
    if (why_.empty()) why_ = "argument \"" + std::string(name) + "\" " + why;
  }

  Answer<Done> Finish(std::string_view command) {
    for (const auto& [name, value] : json_.items()) {
      if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) Fail(name, "is unknown");
    }
    if (why_.empty()) return Done{};
    return Err{Usage(std::string(command), why_, "ask help")};
  }

 private:
  const Json* Find(const char* name) {
    asked_.emplace_back(name);
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : &*found;
  }

  const Json& json_;
  std::vector<std::string> asked_;
  std::string why_;
};

Answer<Json> Help(HubControl&, Arguments& arguments) {
  if (const auto fine = arguments.Finish("help"); !fine) return Err{fine.error()};
  Json list = Json::array();
  for (const CommandInfo& info : AllCommands()) {
    list.push_back({{"name", info.name}, {"arguments", info.arguments}, {"help", info.help}});
  }
  return list;
}

Answer<Json> Status(HubControl& control, Arguments& arguments) {
  if (const auto fine = arguments.Finish("status"); !fine) return Err{fine.error()};
  return ToJson(control.Status());
}

Answer<Json> Binds(HubControl& control, Arguments& arguments) {
  const std::string side = arguments.Text("side"), peer = arguments.Text("peer");
  if (const auto fine = arguments.Finish("binds"); !fine) return Err{fine.error()};
  if (!side.empty() && side != "client" && side != "supplier") {
    return Err{Usage("binds", "side is client or supplier")};
  }
  Json list = Json::array();
  for (const BindInfo& bind : control.Binds()) {
    const bool wanted = (side.empty() || bind.side == side) && (peer.empty() || bind.peer == peer);
    if (wanted) list.push_back(ToJson(bind));
  }
  return list;
}

Answer<Json> Said(const Answer<std::string>& sentence) {
  if (!sentence) return Err{sentence.error()};
  return Json{{"text", *sentence}};
}

Answer<Json> Reload(HubControl& control, Arguments& arguments) {
  constexpr std::size_t kForOctetsMax = 128;
  if (arguments.Text("for").size() > kForOctetsMax) arguments.Fail("for", "is too long");
  if (const auto fine = arguments.Finish("reload"); !fine) return Err{fine.error()};
  return Said(control.Reload());
}

Answer<Json> Shutdown(HubControl& control, Arguments& arguments) {
  if (const auto fine = arguments.Finish("shutdown"); !fine) return Err{fine.error()};
  return Said(control.Shutdown());
}

std::optional<smpp::Concat> ConcatOf(Arguments& arguments) {
  const auto ref = arguments.Integer("concat_ref", 0, UINT16_MAX);
  const auto total = arguments.Integer("concat_total", 1, UINT8_MAX);
  const auto part = arguments.Integer("concat_part", 1, UINT8_MAX);
  if (!ref && !total && !part) return std::nullopt;
  if (!ref || !total || !part) {
    arguments.Fail("concat_ref", "goes with \"concat_total\" and \"concat_part\"");
    return std::nullopt;
  }
  if (*part > *total) arguments.Fail("concat_part", "is larger than \"concat_total\"");
  return smpp::Concat{static_cast<std::uint16_t>(*ref), static_cast<std::uint8_t>(*total),
                      static_cast<std::uint8_t>(*part)};
}

Answer<Json> Explain(HubControl& control, Arguments& arguments) {
  constexpr std::int64_t kSegmentsMax = 255;  // UDH concatenation, 3GPP TS 23.040 §9.2.3.24.1
  ExplainRequest request;
  request.client = arguments.Text("client", true);
  request.source = arguments.Text("source", true);
  request.destination = arguments.Text("destination", true);
  request.text = arguments.Text("text");
  request.data_coding =
      static_cast<std::uint8_t>(arguments.Integer("data_coding", 0, 255).value_or(0));
  request.segments = arguments.Integer("segments", 1, kSegmentsMax);
  if (arguments.Has("message_class")) request.message_class = arguments.Text("message_class");
  request.at_us = arguments.Integer("at_us", 0, INT64_MAX);
  request.message_id = arguments.Id("message_id");
  request.destination_ton =
      static_cast<std::uint8_t>(arguments.Integer("destination_ton", 0, 255).value_or(1));
  request.concat = ConcatOf(arguments);
  if (const auto fine = arguments.Finish("explain"); !fine) return Err{fine.error()};
  const auto result = control.Explain(request);
  if (!result) return Err{result.error()};
  return ToJson(*result);
}

Answer<Json> ExplainMo(HubControl& control, Arguments& arguments) {
  ExplainMoRequest request;
  request.supplier = arguments.Text("supplier", true);
  request.destination = arguments.Text("destination", true);
  request.text = arguments.Text("text");
  request.data_coding =
      static_cast<std::uint8_t>(arguments.Integer("data_coding", 0, 255).value_or(0));
  if (const auto fine = arguments.Finish("explain_mo"); !fine) return Err{fine.error()};
  const auto result = control.ExplainMo(request);
  if (!result) return Err{result.error()};
  return ToJson(*result);
}

struct Row {
  CommandInfo info;
  Answer<Json> (*handle)(HubControl&, Arguments&);
};

constexpr Row kRows[] = {
#define COMMAND(name, handler, arguments, help) {{#name, arguments, help}, &handler},
#include "server/admin/commands.def"
#undef COMMAND
};

constexpr CommandInfo kInfos[] = {
#define COMMAND(name, handler, arguments, help) {#name, arguments, help},
#include "server/admin/commands.def"
#undef COMMAND
};

// Whom or what it is about, as who asks says: never an argument that holds a number or a text.
std::string TargetOf(const Json& args) {
  for (const char* name : {"for", "client", "peer"}) {
    const auto found = args.find(name);
    if (found != args.end() && found->is_string()) return found->get<std::string>();
  }
  return {};
}

Answer<Json> Handle(HubControl& control, std::string_view line) {
  // The one word that somebody types who knows nothing yet.
  if (line == "help") line = R"({"command":"help"})";
  const Json request = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!request.is_object()) {
    return Err{
        Usage("read the request", "it is no JSON object on one line", "{\"command\":\"help\"}")};
  }
  const auto command = request.find("command");
  if (command == request.end() || !command->is_string()) {
    return Err{
        Usage("read the request", "\"command\" is missing or no string", "{\"command\":\"help\"}")};
  }
  const Json none = Json::object();
  const auto args = request.find("args");
  if (args != request.end() && !args->is_object()) {
    return Err{Usage("read the request", "\"args\" is no object")};
  }
  const std::string name = command->get<std::string>();
  for (const Row& row : kRows) {
    if (row.info.name != name) continue;
    const Json& given = args == request.end() ? none : *args;
    const std::string target = TargetOf(given);
    target.empty() ? Log(Event::admin_command, {{"command", name}})
                   : Log(Event::admin_command, {{"command", name}, {"target", target}});
    Arguments arguments(given);
    return row.handle(control, arguments);
  }
  return Err{Usage("run \"" + name + "\"", "there is no such command", "ask help")};
}

}  // namespace

std::span<const CommandInfo> AllCommands() { return kInfos; }

std::string AnswerLine(HubControl& control, std::string_view line) {
  const Answer<Json> answer = Handle(control, line);
  if (answer) return Line({{"ok", true}, {"result", *answer}});
  return Line({{"ok", false},
               {"code", static_cast<int>(answer.error().code)},
               {"error", ToJson(answer.error().error)}});
}

std::string RequestLine(std::string_view command) { return Line({{"command", command}}); }

std::string BindsLine(std::string_view system_id) {
  return Line({{"command", "binds"}, {"args", {{"side", "client"}, {"peer", system_id}}}});
}

std::string ReloadLine(std::string_view what_for) {
  return Line({{"command", "reload"}, {"args", {{"for", what_for}}}});
}

std::string RequestLine(const ExplainRequest& request) {
  return Line({{"command", "explain"}, {"args", ToJson(request)}});
}

std::string RequestLine(const ExplainMoRequest& request) {
  return Line({{"command", "explain_mo"}, {"args", ToJson(request)}});
}

}  // namespace hub::admin
