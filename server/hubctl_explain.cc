#include "server/hubctl_explain.h"

#include "server/admin/commands.h"
#include "server/base/clock.h"
#include "server/base/short_id.h"
#include "server/config/toml.h"
#include "server/hubctl_print.h"

namespace hub {
namespace {

// Digits of an id that its client has in 8 characters; all else as it is.
std::string DigitsOf(const std::string& id) {
  const auto named = ParseClientText(id);
  return named ? std::to_string(*named) : id;
}

/// "2026-12-01" or "2026-12-01T12:00:00Z": what TOML takes for a moment.
std::optional<std::int64_t> MomentOf(const std::string& text) {
  const auto root = ParseToml("at = " + text, "--at");
  if (!root || root->Find("at")->value.kind != TomlKind::kMoment) return std::nullopt;
  return ToMicros(root->Find("at")->value.moment);
}

void AddAddressing(CLI::App& command, ExplainOptions* options) {
  command.add_option("--ton", options->ton, "dest_addr_ton")
      ->check(CLI::Range(0, 255))
      ->capture_default_str();
  CLI::Option* ref = command.add_option("--ref", options->ref, "of a part: its reference")
                         ->check(CLI::Range(0, 65'535));
  CLI::Option* total = command.add_option("--total", options->total, "of a part: how many")
                           ->check(CLI::Range(1, 255));
  CLI::Option* part =
      command.add_option("--part", options->part, "of a part: which, from 1; --text is its own")
          ->check(CLI::Range(1, 255));
  ref->needs(total)->needs(part);
  total->needs(ref)->needs(part);
  part->needs(ref)->needs(total);
}

// What MO routing does not ask for; of a long message its first part decides.
void AddMo(CLI::App& command, ExplainOptions* options) {
  CLI::Option* client = command.get_option("--client")->required();
  CLI::Option* source = command.get_option("--src")->required();
  const auto choose = [options, client, source] {
    options->mo = true;
    client->required(false);
    source->required(false);
  };
  CLI::Option* mo = command.add_flag_callback(
      "--mo", choose,
      "a mobile originated message (of a long one the first part): --supplier, --dst, --text, "
      "--coding");
  CLI::Option* supplier =
      command.add_option("--supplier", options->supplier, "with --mo: that it came from");
  mo->needs(supplier);
  supplier->needs(mo);
  for (const char* other :
       {"--client", "--segments", "--class", "--at", "--id", "--ton", "--ref", "--total", "--part"})
    mo->excludes(command.get_option(other));
}

std::string MoLine(const ExplainOptions& options) {
  const admin::ExplainRequest& request = options.request;
  return admin::RequestLine(
      admin::ExplainMoRequest{options.supplier, request.destination, request.text,
                              static_cast<std::uint8_t>(options.data_coding)});
}

}  // namespace

void AddExplainOptions(CLI::App& command, ExplainOptions* options) {
  admin::ExplainRequest& request = options->request;
  command.add_option("--client", request.client, "its system_id; or --mo");
  command.add_option("--src,--from", request.source, "source address; no matter with --mo");
  command.add_option("--dst,--to", request.destination, "destination address")->required();
  command.add_option("--text", request.text, "UTF-8; counts segments in --coding");
  command.add_option("--coding", options->data_coding, "data_coding of the text")
      ->check(CLI::Range(0, 255))
      ->capture_default_str();
  command.add_option("--segments", request.segments, "instead of counting a text");
  command.add_option("--class", request.message_class, "instead of the client's own");
  command.add_option("--at", options->at, "2026-12-01 or 2026-12-01T12:00:00Z, instead of now");
  command
      .add_option("--id,--message-id", request.message_id,
                  "what splits hash: an id, as its client has it")
      ->transform(DigitsOf);
  AddAddressing(command, options);
  AddMo(command, options);
}

std::optional<std::string> ExplainLine(ExplainOptions options) {
  if (options.mo) return MoLine(options);
  options.request.data_coding = static_cast<std::uint8_t>(options.data_coding);
  options.request.destination_ton = static_cast<std::uint8_t>(options.ton);
  if (options.total != 0) {
    options.request.concat = smpp::Concat{static_cast<std::uint16_t>(options.ref),
                                          static_cast<std::uint8_t>(options.total),
                                          static_cast<std::uint8_t>(options.part)};
  }
  if (!options.at.empty()) {
    options.request.at_us = MomentOf(options.at);
    if (!options.request.at_us) {
      Complain("--at: expected 2026-12-01 or 2026-12-01T12:00:00Z, got " + options.at + "\n");
      return std::nullopt;
    }
  }
  return admin::RequestLine(options.request);
}

}  // namespace hub
