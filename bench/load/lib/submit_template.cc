#include "bench/load/lib/submit_template.h"

#include <algorithm>

#include "protocol/pdu/message.h"
#include "protocol/pdu/message_view.h"
#include "protocol/text/ucs2.h"

namespace hub::load {
namespace {

constexpr std::size_t kNumberDigits =
    12;  // of a destination, prefix included, unless the prefix is long
constexpr std::size_t kNumberDigitsMax = 15;  // E.164
constexpr std::size_t kFreeDigitsMin = 3;
constexpr std::size_t kTextOctetsMax = 254;
constexpr std::uint8_t kUcs2 = 8;
// The golden section of 10^12. No factor in common with 10: a walk in such strides meets each number once.
constexpr std::uint64_t kScatteredStride = 618'033'988'749;

Err<Error> Refuse(std::string option, std::string why) {
  Error error;
  error.doing = std::move(option);
  error.why = std::move(why);
  return Err{std::move(error)};
}

bool IsDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Outcome<SubmitTemplate> SubmitTemplate::Make(const EsmeOptions& options) {
  const std::string& prefix = options.dest_prefix;
  if (!IsDigits(prefix) || prefix.size() + kFreeDigitsMin > kNumberDigitsMax) {
    return Refuse("--dest-prefix", "expected up to 12 digits");
  }
  SubmitTemplate made;
  made.digits_ = std::max(kNumberDigits, prefix.size() + kFreeDigitsMin) - prefix.size();
  for (std::size_t i = 0; i < made.digits_; ++i) made.span_ *= 10;
  made.stride_ = options.scatter ? kScatteredStride % made.span_ : 1;
  const std::string destination = prefix + std::string(made.digits_, '0');
  const bool ascii = std::ranges::all_of(
      options.text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const std::vector<std::uint8_t> ucs2 = smpp::Ucs2FromUtf8(options.text);

  smpp::SubmitSm pdu;
  pdu.source_addr = options.source;
  pdu.source_addr_ton = IsDigits(options.source) ? 1 : 5;
  pdu.source_addr_npi = IsDigits(options.source) ? 1 : 0;
  pdu.destination_addr = destination;
  pdu.dest_addr_ton = pdu.dest_addr_npi = 1;
  pdu.registered_delivery = options.registered_delivery;
  pdu.data_coding = ascii ? 0 : kUcs2;
  pdu.short_message = ascii ? smpp::AsBytes(options.text) : smpp::Bytes(ucs2);
  if (pdu.short_message.size() > kTextOctetsMax)
    return Refuse("--text", "takes more than 254 octets");
  made.pdu_ = smpp::Encode(pdu, smpp::Status::ESME_ROK, 0);
  if (made.pdu_.empty()) return Refuse("--source", "expected up to 20 characters");
  const auto view = smpp::ViewMessage(smpp::CommandId::submit_sm, made.pdu_);
  if (!view) return Refuse("--text, --source", "make a message that SMPP does not allow");
  made.digits_offset_ = view->offsets.destination_addr + prefix.size();
  return made;
}

std::uint64_t SubmitTemplate::Number(std::uint64_t n) const {
  if (stride_ == 1) return n;
  // Below 10^12 each: the product wants more than 64 bits.
  return static_cast<std::uint64_t>(static_cast<unsigned __int128>(n % span_) * stride_ % span_);
}

smpp::Bytes SubmitTemplate::Message(std::uint64_t n, std::uint32_t sequence_number) {
  smpp::PatchSequenceNumber(pdu_.data(), sequence_number);
  std::uint64_t number = Number(n);
  for (std::size_t i = digits_; i-- > 0; number /= 10) {
    pdu_[digits_offset_ + i] = static_cast<std::uint8_t>('0' + number % 10);
  }
  return pdu_;
}

}  // namespace hub::load
