// hubctl: the operator's tool. Live commands go to the daemon's control socket; apply, migrate and balances go straight to
// PostgreSQL, check-config and lua to the file itself. stdout is data, stderr is messages; exit codes: admin::Code.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/admin/client.h"
#include "server/admin/commands.h"
#include "server/admin/description_from_toml.h"
#include "server/admin/tables.h"
#include "server/config/settings.h"
#include "server/hubctl_client.h"
#include "server/hubctl_explain.h"
#include "server/hubctl_files.h"
#include "server/hubctl_node.h"
#include "server/hubctl_print.h"
#include "server/store/apply.h"
#include "server/store/balances.h"
#include "server/store/drain.h"
#include "server/store/migrate.h"
#include "server/store/nodes.h"
#include "server/telemetry/log.h"

namespace hub {
namespace {

using admin::Code;
using admin::Output;

constexpr const char* kDefaultConfig = "/etc/smpphub/hub.toml";

/// What stands before or after the command's name.
struct Common {
  std::string config;    // --config
  std::string socket;    // --socket
  std::string database;  // --database; may hold a password
  int timeout_s = 30;    // for the daemon's answer
  Output output = Output::kTable;
};

/// The settings of --config, or of the machine's own file; defaults when there is none.
std::optional<Settings> SettingsOf(const Common& common) {
  const bool has_default = common.config.empty() && CLI::ExistingFile(kDefaultConfig).empty();
  if (common.config.empty() && !has_default) return Settings{};
  const auto loaded = LoadSettings(has_default ? kDefaultConfig : common.config);
  if (!loaded) {
    Fail(loaded.error());
    return std::nullopt;
  }
  return loaded->settings;
}

std::optional<std::string> SocketOf(const Common& common) {
  if (!common.socket.empty()) return common.socket;
  const auto settings = SettingsOf(common);
  if (!settings) return std::nullopt;
  return settings->admin_socket;
}

std::optional<std::string> DatabaseOf(const Common& common) {
  if (!common.database.empty()) return common.database;
  const auto settings = SettingsOf(common);
  if (!settings) return std::nullopt;
  return settings->database_conninfo;
}

// Live commands.

Code AskDaemon(const Common& common, const char* command, const std::string& request) {
  const auto socket = SocketOf(common);
  if (!socket) return Code::kFailed;
  const auto answer = admin::Ask(*socket, request, std::chrono::seconds(common.timeout_s));
  if (!answer) {
    Fail(answer.error().error);
    return answer.error().code;
  }
  const admin::Printed printed = admin::PrintAnswer(command, *answer, common.output);
  Out(printed.out);
  Complain(printed.err);
  return printed.code;
}

Code Explain(const Common& common, const ExplainOptions& options) {
  const auto request = ExplainLine(options);
  return request ? AskDaemon(common, "explain", *request) : Code::kUsage;
}

// Straight to PostgreSQL.

void PrintReport(const store::ApplyReport& report, bool dry_run) {
  std::string text;
  for (const std::string& line : report.added) text += "+ " + line + "\n";
  for (const std::string& line : report.changed) text += "~ " + line + "\n";
  for (const std::string& line : report.removed) text += "- " + line + "\n";
  for (const std::string& line : report.notes) text += "! " + line + "\n";
  text += std::to_string(report.added.size()) + " added, " + std::to_string(report.changed.size()) +
          " changed, " + std::to_string(report.removed.size()) + " removed, " +
          std::to_string(report.same) + " as described" +
          (dry_run ? "; dry run: nothing was written\n" : "\n");
  Out(text);
}

// The rows are in; a daemon that runs takes them now, one that does not takes them when it starts.
// what_for: whose doing it was, for the daemon's log.
Code ReloadIfRunning(const Common& common, const std::string& what_for,
                     void (*say)(const std::string&) = &Out) {
  const auto socket = SocketOf(common);
  if (!socket) return Code::kFailed;
  if (socket->empty()) return Code::kOk;
  const auto answer =
      admin::Ask(*socket, admin::ReloadLine(what_for), std::chrono::seconds(common.timeout_s));
  if (!answer && answer.error().code == Code::kUnreachable &&
      answer.error().error.system_errno != ETIMEDOUT) {
    say("no daemon serves " + *socket + ": nothing to reload\n");
    return Code::kOk;
  }
  if (!answer) {
    Fail(answer.error().error);
    return answer.error().code;
  }
  const admin::Printed printed = admin::PrintAnswer("reload", *answer, Output::kTable);
  say(printed.out.empty() ? "" : "reloaded: " + printed.out);
  Complain(printed.err);
  return printed.code;
}

Code Apply(const Common& common, const std::string& file, bool dry_run) {
  const auto description = admin::LoadDescription(file);
  if (!description) return Fail(description.error());
  const auto database = DatabaseOf(common);
  if (!database) return Code::kFailed;
  const auto report = store::Apply(*database, *description, dry_run);
  if (!report) return Fail(report.error());
  PrintReport(*report, dry_run);
  return dry_run ? Code::kOk : ReloadIfRunning(common, "apply");
}

Code Migrate(const Common& common, const std::string& directory) {
  const auto database = DatabaseOf(common);
  if (!database) return Code::kFailed;
  const auto applied = store::Migrate(*database, directory, [](std::string_view name) {
    Out("apply " + std::string(name) + "\n");
    std::fflush(stdout);
  });
  if (!applied) return Fail(applied.error());
  Out(applied->empty() ? "the schema is up to date\n"
                       : std::to_string(applied->size()) + " migrations applied\n");
  return Code::kOk;
}

Code Balances(const Common& common) {
  const auto database = DatabaseOf(common);
  if (!database) return Code::kFailed;
  const auto rows = store::ReadBalances(*database);
  if (!rows) return Fail(rows.error());
  Out(admin::PrintBalances(*rows, common.output));
  return Code::kOk;
}

Code Password(const Common& common, const PasswordOptions& options) {
  const auto database = DatabaseOf(common);
  if (!database) return Code::kFailed;
  const Code changed = ChangePassword(*database, options);
  return changed == Code::kOk
             ? ReloadIfRunning(common, "client passwd " + options.system_id, &Complain)
             : changed;
}

Code Show(const Common& common, const std::string& system_id) {
  const auto database = DatabaseOf(common);
  const auto socket = SocketOf(common);
  if (!database || !socket) return Code::kFailed;
  return ShowClient(*database, *socket, std::chrono::seconds(common.timeout_s), system_id,
                    common.output);
}

Code Nodes(const Common& common) {
  const auto database = DatabaseOf(common);
  if (!database) return Code::kFailed;
  const auto rows = store::ReadNodes(*database);
  if (!rows) return Fail(rows.error());
  Out(admin::PrintNodes(*rows, common.output));
  return Code::kOk;
}

Code SetEnabled(const Common& common, store::Party party, const std::string& name, bool enabled) {
  const auto database = DatabaseOf(common);
  if (!database) return Code::kFailed;
  const auto found = store::SetEnabled(*database, party, name, enabled);
  if (!found) return Fail(found.error());
  if (!*found) {
    Complain("there is no " + name + ": see hubctl status, hubctl binds, hubctl balances\n");
    return Code::kNotFound;
  }
  Out(name + (enabled ? ": enabled\n" : ": disabled\n"));
  constexpr const char* kParties[] = {"client", "supplier", "bind"};  // in the order of Party
  return ReloadIfRunning(common, std::string(enabled ? "resume " : "drain ") +
                                     kParties[static_cast<std::size_t>(party)] + " " + name);
}

/// All commands. `chosen` is what the command line asked for; it borrows from this object.
class CommandLine {
 public:
  CommandLine() {
    app_.set_version_flag("--version", HUB_VERSION);
    app_.fallthrough();  // --config may stand behind the command
    app_.require_subcommand(1);
    app_.add_option("-c,--config", common_.config,
                    std::string("hub.toml: names socket and database; default ") + kDefaultConfig);
    app_.add_option("-s,--socket", common_.socket, "the daemon's control socket");
    app_.add_option("-d,--database", common_.database, "libpq connection string");
    app_.add_option("--timeout", common_.timeout_s, "seconds to wait for the daemon")
        ->check(CLI::Range(1, 3'600))
        ->capture_default_str();
    app_.footer("Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 denied, 5 daemon unreachable");
    AddLive();
    AddExplain();
    AddDatabase();
    AddClient();
    AddNodes();
    AddDrain(false);
    AddDrain(true);
    AddFiles();
  }

  int Run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {  // the library's own; it ends here
      if (!app_.remaining().empty()) Complain("unknown: " + app_.remaining().front() + "\n");
      return app_.exit(error) == 0 ? 0 : static_cast<int>(Code::kUsage);
    }
    return static_cast<int>(chosen_());
  }

 private:
  CLI::App* Add(CLI::App& under, const char* name, const char* help, const char* example,
                std::function<Code()> run) {
    CLI::App* command = under.add_subcommand(name, help);
    command->footer(std::string("Example:\n  ") + example);
    command->callback([this, run = std::move(run)] { chosen_ = run; });
    return command;
  }

  void AddOutput(CLI::App* command) {
    const auto choose = [this](const std::string& text) {
      common_.output = text == "json" ? Output::kJson : Output::kTable;
    };
    command->add_option_function<std::string>("-o,--output", choose, "table or json")
        ->check(CLI::IsMember({"table", "json"}));
  }

  void AddLive() {
    const auto live = [this](const char* name, const char* help, const char* example) {
      AddOutput(Add(app_, name, help, example,
                    [this, name] { return AskDaemon(common_, name, admin::RequestLine(name)); }));
    };
    live("status", "what runs: versions, suppliers, clients, settlement, counters",
         "hubctl status -o json");
    live("binds", "every connection of either side", "hubctl binds");
    live("reload", "take catalog and script anew; bad ones are refused", "hubctl reload");
    live("help", "what the daemon's control socket answers", "hubctl help");
    live("shutdown", "drain and end, as SIGTERM does", "hubctl shutdown");
  }

  void AddExplain() {
    CLI::App* command =
        Add(app_, "explain", "how a message would be routed and priced now, and why",
            "hubctl explain --client acme --src ACME --dst 4915112345678 --text 'Hello'\n"
            "  hubctl explain --mo --supplier beta --dst 10000 --text 'STOP'",
            [this] { return Explain(common_, explain_); });
    AddExplainOptions(*command, &explain_);
    AddOutput(command);
  }

  void AddDatabase() {
    CLI::App* apply = Add(
        app_, "apply", "bring a description of clients, suppliers and decks into PostgreSQL",
        "hubctl apply world.toml --dry-run", [this] { return Apply(common_, file_, dry_run_); });
    apply->add_option("file", file_, "TOML")->required();
    apply->add_flag("--dry-run", dry_run_, "tell what would change; write nothing");
    CLI::App* migrate = Add(app_, "migrate", "bring the schema of PostgreSQL to this version",
                            "hubctl migrate --database 'host=/run/postgresql dbname=smpphub'",
                            [this] { return Migrate(common_, directory_); });
    migrate->add_option("--dir", directory_, "folder of NNNN_name.sql")->capture_default_str();
    AddOutput(Add(app_, "balances", "what every account holds", "hubctl balances -o json",
                  [this] { return Balances(common_); }));
  }

  void AddClient() {
    CLI::App* client = app_.add_subcommand("client", "one client: what it has, what it is given");
    client->require_subcommand(1);
    client->fallthrough();
    CLI::App* show =
        Add(*client, "show", "one client at a glance: binds, credit, terms, what waits, refusals",
            "hubctl client show acme", [this] { return Show(common_, party_); });
    show->add_option("system_id", party_)->required();
    AddOutput(show);
    AddPasswordOptions(*Add(*client, "passwd", "make a new password, store its hash, print it once",
                            "hubctl client passwd acme --overlap-h 48",
                            [this] { return Password(common_, password_); }),
                       &password_);
  }

  void AddNodes() {
    AddOutput(Add(app_, "nodes", "every node: its epoch, how far it is settled, what it holds",
                  "hubctl nodes", [this] { return Nodes(common_); }));
    CLI::App* node = app_.add_subcommand("node", "what to do about a node that is gone");
    node->require_subcommand(1);
    node->fallthrough();
    const auto add = [&](const char* name, const char* help, const char* example, auto run) {
      const auto with_database = [this, run] {
        const auto database = DatabaseOf(common_);
        return database ? run(*database, node_) : Code::kFailed;
      };
      AddNodeOptions(*Add(*node, name, help, example, with_database), &node_);
    };
    add("fence", "its machine is destroyed, or surely stands: it gets no credit any more",
        "hubctl node fence 3 --reason 'its rack burnt'", FenceNode);
    add("abandon", "it is fenced and its journal is lost for good: its credit returns",
        "hubctl node abandon 3 --reason 'its disk burnt'", AbandonNode);
  }

  void AddDrain(bool enabled) {
    const std::string verb = enabled ? "resume" : "drain";
    CLI::App* command = app_.add_subcommand(
        verb, enabled ? "take a client, supplier or bind that was drained into traffic again"
                      : "nothing new goes there; what is under way completes; then it is unbound. "
                        "Messages wait for a supplier: one that goes for good needs a cost deck "
                        "without prices, too");
    command->require_subcommand(1);
    command->fallthrough();
    const auto add = [&](const char* name, const char* help, const char* example,
                         store::Party party) {
      const std::string line = "hubctl " + verb + " " + name + " " + example;
      Add(*command, name, help, line.c_str(),
          [this, party, enabled] { return SetEnabled(common_, party, party_, enabled); })
          ->add_option("name", party_, help)
          ->required();
    };
    add("client", "its system_id", "acme", store::Party::kClient);
    add("supplier", "its name", "beta", store::Party::kSupplier);
    add("bind", "its number: 7 of s-beta-7.0 in hubctl binds", "7", store::Party::kBind);
  }

  void AddFiles() {
    CLI::App* config = Add(
        app_, "check-config", "judge a hub.toml and its script: no port, no database",
        "hubctl check-config /etc/smpphub/hub.toml --show", [this] { return CheckConfig(check_); });
    config->add_option("file", check_.file, "hub.toml")->required();
    config->add_flag("--show", check_.show, "print every setting in force, without secrets");
    config->add_option("--against", check_.against,
                       "another hub.toml: what a change to `file` takes");
    CLI::App* lua = app_.add_subcommand("lua", "routing scripts");
    lua->require_subcommand(1);
    lua->fallthrough();
    CLI::App* check =
        Add(*lua, "check", "judge a script: syntax, names, its top level",
            "hubctl lua check routing-scripts/rule.lua", [this] { return LuaCheck(file_); });
    check->add_option("file", file_, "Lua")->required();
    CLI::App* test =
        Add(*lua, "test", "run the tests of scripts: *_test.lua",
            "hubctl lua test routing-scripts/*_test.lua", [this] { return LuaTest(tests_); });
    test->add_option("files", tests_, "*_test.lua")->required();
  }

  CLI::App app_{"hubctl: the operator's tool of smpphub", "hubctl"};
  Common common_;
  ExplainOptions explain_;
  CheckOptions check_;
  NodeOptions node_;
  PasswordOptions password_;
  std::string file_;
  std::vector<std::string> tests_;
  std::string party_;  // whom drain, resume and client show are about
  std::string directory_ = "sql/migrations";
  bool dry_run_ = false;
  std::function<Code()> chosen_;
};

}  // namespace
}  // namespace hub

int main(int argc, char** argv) {
  hub::LogSetLevel(
      hub::LogLevel::kError);  // events are the daemon's; what goes wrong here is an Error
  return hub::CommandLine().Run(argc, argv);
}
