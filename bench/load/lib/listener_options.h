// How one simulated SMSC behaves. Every option has a name and a text form: see listener_options.def.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/lib/id_format.h"
#include "protocol/receipt/message_state.h"
#include "protocol/wire/status.h"
#include "server/base/clock.h"
#include "server/base/error.h"
#include "server/net/network.h"

namespace hub::load {

/// Shares are exact: millionths, so that 0.01% is 100.
inline constexpr std::uint32_t kWhole = 1'000'000;

struct ErrorShare {
  smpp::Status status{};
  std::uint32_t millionths = 0;
};
struct PrefixError {
  std::string prefix;
  smpp::Status status{};
};
struct StateWeight {
  smpp::MessageState state{};
  std::uint32_t weight = 0;
};

struct ListenerOptions {
  net::Address listen{"127.0.0.1", 2801};
  std::string name = "smsc";
  std::string system_id;
  std::string password;
  std::uint64_t first_id = 0;
  IdFormat id_format = IdFormat::kDecimal;
  IdFormat receipt_id_format = IdFormat::kDecimal;
  Duration receipt_delay = std::chrono::milliseconds(200);
  std::vector<StateWeight> receipt_states = {{smpp::MessageState::DELIVERED, 1}};
  bool receipt_before_response = false;
  std::uint64_t receipt_retries = 5;
  Duration receipt_retry_delay = std::chrono::seconds(1);
  std::uint64_t receipt_window = 100;
  Duration response_delay{0};
  std::vector<ErrorShare> errors;
  std::vector<PrefixError> prefix_errors;
  std::uint64_t throttle_per_second = 0;
  std::uint32_t drop = 0;     // millionths
  std::uint32_t garbage = 0;  // millionths
  std::uint64_t disconnect_every = 0;
  Duration flap{0};
  bool refuse_binds = false;
};

struct ListenerOption {
  std::string_view name;
  std::string_view help;
  bool live;  // may be set while the listener runs
};

std::span<const ListenerOption> ListenerOptionTable();

/// Sets one option from its text. The error names the option and what is wrong with the value.
Outcome<Done> SetListenerOption(ListenerOptions& options, std::string_view name,
                                std::string_view value);

/// "name=alpha,port=2801,error=0x08:5%,0x58:2%": a piece that does not begin with the name of an option belongs to the
/// value before it.
Outcome<Done> SetListenerOptions(ListenerOptions& options, std::string_view list);

}  // namespace hub::load
