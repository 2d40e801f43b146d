// How the enums of the catalog are spelled in SQL: read and written by the same table.
#pragma once

#include <string>
#include <string_view>

#include "server/store/catalog.h"
#include "server/store/description.h"

namespace hub::store {

template <class E>
struct EnumName {
  std::string_view name;
  E value;
};

inline constexpr EnumName<GuardMode> kGuardModes[] = {
    {"block", GuardMode::kBlock}, {"warn", GuardMode::kWarn}, {"off", GuardMode::kOff}};
inline constexpr EnumName<IdForm> kIdForms[] = {{"same", IdForm::kSame},
                                                {"hex_to_dec", IdForm::kHexToDec},
                                                {"dec_to_hex", IdForm::kDecToHex},
                                                {"auto", IdForm::kAuto}};
inline constexpr EnumName<DeckUnit> kDeckUnits[] = {{"segment", DeckUnit::kSegment},
                                                    {"message", DeckUnit::kMessage}};
inline constexpr EnumName<AnswerMode> kAnswerModes[] = {{"upstream", AnswerMode::kUpstream},
                                                        {"accepted", AnswerMode::kAccepted}};
inline constexpr EnumName<OnUnknown> kOnUnknowns[] = {
    {"hold", OnUnknown::kHold}, {"resend", OnUnknown::kResend}, {"fail", OnUnknown::kFail}};
inline constexpr EnumName<OnLinkLost> kOnLinkLosts[] = {{"resend", OnLinkLost::kResend},
                                                        {"fail", OnLinkLost::kFail}};
inline constexpr EnumName<OverRate> kOverRates[] = {{"throttle", OverRate::kThrottle},
                                                    {"delay", OverRate::kDelay}};
inline constexpr EnumName<DedupeBy> kDedupeBys[] = {
    {"content", DedupeBy::kContent}, {"user_message_reference", DedupeBy::kUserMessageReference}};
inline constexpr EnumName<MoOffline> kMoOfflines[] = {{"refuse", MoOffline::kRefuse},
                                                      {"store", MoOffline::kStore}};
inline constexpr EnumName<StatusClass> kStatusClasses[] = {{"throttle", StatusClass::kThrottle},
                                                           {"transient", StatusClass::kTransient},
                                                           {"permanent", StatusClass::kPermanent},
                                                           {"default", StatusClass::kDefault}};
inline constexpr EnumName<SupplierTls> kSupplierTls[] = {{"off", SupplierTls::kOff},
                                                         {"verify", SupplierTls::kVerify},
                                                         {"insecure", SupplierTls::kInsecure}};
inline constexpr EnumName<SupplierTlvs> kSupplierTlvs[] = {
    {"pass", SupplierTlvs::kPass}, {"shown", SupplierTlvs::kShown}, {"none", SupplierTlvs::kNone}};
inline constexpr EnumName<TlvAction> kTlvActions[] = {
    {"add", TlvAction::kAdd}, {"drop", TlvAction::kDrop}, {"map", TlvAction::kMap}};
inline constexpr EnumName<AddressSide> kAddressSides[] = {
    {"source", AddressSide::kSource}, {"destination", AddressSide::kDestination}};
inline constexpr EnumName<AddressAction> kAddressActions[] = {{"keep", AddressAction::kKeep},
                                                              {"prefix", AddressAction::kPrefix},
                                                              {"address", AddressAction::kAddress},
                                                              {"refuse", AddressAction::kRefuse}};
inline constexpr EnumName<ChargeBasis> kChargeBases[] = {
    {"submit", ChargeBasis::kSubmit},
    {"upstream_ack", ChargeBasis::kUpstreamAck},
    {"delivered", ChargeBasis::kDelivered}};
inline constexpr EnumName<UnknownRule> kUnknownRules[] = {{"charge", UnknownRule::kCharge},
                                                          {"release", UnknownRule::kRelease}};
inline constexpr EnumName<std::uint8_t> kBindModes[] = {  // bits of ClientRow::bind_modes
    {"tx", kMayBindTx},
    {"rx", kMayBindRx},
    {"trx", kMayBindTrx}};

/// "" for a value that has no name.
template <class E, std::size_t N>
std::string NameOf(E value, const EnumName<E> (&names)[N]) {
  for (const EnumName<E>& name : names) {
    if (name.value == value) return std::string(name.name);
  }
  return {};
}

}  // namespace hub::store
