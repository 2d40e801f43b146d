// Who may send what, and when: a table a direction. SMPP v3.4 §2.3 Table 2-1, v5.0 §2.4 Table 2-1.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "protocol/wire/command.h"
#include "protocol/wire/status.h"

namespace hub {

enum class BindState : std::uint8_t { OPEN, BOUND_TX, BOUND_RX, BOUND_TRX, UNBINDING, CLOSED };

constexpr std::string_view Name(BindState state) {
  constexpr std::string_view kNames[] = {"OPEN",      "BOUND_TX",  "BOUND_RX",
                                         "BOUND_TRX", "UNBINDING", "CLOSED"};
  return kNames[static_cast<std::size_t>(state)];
}

/// interface_version from which broadcasts exist.                            SMPP v5.0 §4.4
inline constexpr std::uint8_t kBroadcastVersion = 0x50;

/// May receive deliver_sm and data_sm.
constexpr bool CanReceive(BindState s) {
  return s == BindState::BOUND_RX || s == BindState::BOUND_TRX;
}
/// May send submit_sm and data_sm.
constexpr bool CanTransmit(BindState s) {
  return s == BindState::BOUND_TX || s == BindState::BOUND_TRX;
}
constexpr bool IsBound(BindState s) { return CanReceive(s) || CanTransmit(s); }

/// The state that a bind asks for.                                            SMPP v3.4 §2.2
constexpr BindState BoundStateOf(smpp::CommandId bind) {
  if (bind == smpp::CommandId::bind_transmitter) return BindState::BOUND_TX;
  return bind == smpp::CommandId::bind_receiver ? BindState::BOUND_RX : BindState::BOUND_TRX;
}

struct SendRule {
  smpp::CommandId pdu;
  std::uint8_t states;     // bit n: BindState n
  smpp::Status otherwise;  // in the other states
};

constexpr std::uint8_t States(std::initializer_list<BindState> list) {
  std::uint8_t bits = 0;
  for (BindState s : list) bits = static_cast<std::uint8_t>(bits | 1u << static_cast<unsigned>(s));
  return bits;
}

namespace rules {
using enum BindState;
using enum smpp::CommandId;
using enum smpp::Status;

inline constexpr std::uint8_t kTx = States({BOUND_TX, BOUND_TRX});
inline constexpr std::uint8_t kRx = States({BOUND_RX, BOUND_TRX});
// UNBINDING too: two unbinds may cross on their way.
inline constexpr std::uint8_t kMayUnbind = States({BOUND_TX, BOUND_RX, BOUND_TRX, UNBINDING});
inline constexpr std::uint8_t kAny = States({OPEN, BOUND_TX, BOUND_RX, BOUND_TRX, UNBINDING});

// What an ESME may send us, in the spec's order.
inline constexpr SendRule kEsmeMaySend[] = {
    {bind_transmitter, States({OPEN}), ESME_RALYBND},
    {bind_receiver, States({OPEN}), ESME_RALYBND},
    {bind_transceiver, States({OPEN}), ESME_RALYBND},
    {unbind, kMayUnbind, ESME_RINVBNDSTS},
    {submit_sm, kTx, ESME_RINVBNDSTS},
    {submit_multi, kTx, ESME_RINVBNDSTS},
    {data_sm, kTx,
     ESME_RINVBNDSTS},  // v3.4 lets BOUND_RX send it too, v5.0 does not; we follow v5.0
    {query_sm, kTx, ESME_RINVBNDSTS},
    {cancel_sm, kTx, ESME_RINVBNDSTS},
    {replace_sm, kTx, ESME_RINVBNDSTS},  // v3.4 Table 2-1 omits TRX, §2.2 grants it
    {broadcast_sm, kTx, ESME_RINVBNDSTS},
    {query_broadcast_sm, kTx, ESME_RINVBNDSTS},
    {cancel_broadcast_sm, kTx, ESME_RINVBNDSTS},
    {enquire_link, kAny, ESME_RINVBNDSTS},       // OPEN as in v5.0
    {deliver_sm, 0, ESME_RINVBNDSTS},            // the wrong direction
    {outbind, States({OPEN}), ESME_RINVBNDSTS},  // of an SMSC that wants us to bind to it
    {alert_notification, 0, ESME_RINVBNDSTS},
};

// What an SMSC may send us on a session that we opened.
inline constexpr SendRule kSmscMaySend[] = {
    {deliver_sm, kRx, ESME_RINVBNDSTS},         {data_sm, kRx, ESME_RINVBNDSTS},
    {alert_notification, kRx, ESME_RINVBNDSTS}, {unbind, kMayUnbind, ESME_RINVBNDSTS},
    {enquire_link, kAny, ESME_RINVBNDSTS},      {outbind, 0, ESME_RINVBNDSTS},
};

template <std::size_t n>
constexpr smpp::Status Judge(const SendRule (&table)[n], BindState state, smpp::CommandId pdu) {
  for (const SendRule& rule : table) {
    if (rule.pdu != pdu) continue;
    return (rule.states >> static_cast<unsigned>(state) & 1) != 0 ? ESME_ROK : rule.otherwise;
  }
  return ESME_RINVCMDID;
}

}  // namespace rules

/// ESME_ROK, ESME_RINVBNDSTS or ESME_RALYBND (wrong state: answer with the PDU's own response),
/// or ESME_RINVCMDID (unknown here: answer generic_nack, §4.3).
constexpr smpp::Status JudgeEsme(BindState state, smpp::CommandId pdu) {
  return rules::Judge(rules::kEsmeMaySend, state, pdu);
}
/// ESME_RX_T_APPN for what crossed our unbind: the supplier keeps it for our next bind, while a refusal for good would lose
/// a receipt.
constexpr smpp::Status JudgeSmsc(BindState state, smpp::CommandId pdu) {
  const bool is_delivery = pdu == smpp::CommandId::deliver_sm || pdu == smpp::CommandId::data_sm;
  if (state == BindState::UNBINDING && is_delivery) return smpp::Status::ESME_RX_T_APPN;
  return rules::Judge(rules::kSmscMaySend, state, pdu);
}

static_assert(JudgeEsme(BindState::OPEN, smpp::CommandId::submit_sm) ==
              smpp::Status::ESME_RINVBNDSTS);
static_assert(JudgeEsme(BindState::BOUND_TRX, smpp::CommandId::submit_sm) ==
              smpp::Status::ESME_ROK);
static_assert(JudgeEsme(BindState::BOUND_RX, smpp::CommandId::bind_receiver) ==
              smpp::Status::ESME_RALYBND);

}  // namespace hub
