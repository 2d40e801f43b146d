// The payload of a frame: u32 length of the fixed part, the numbers of the record in the order of its Walk, then each text
// as u32 length and octets, in the order of its Walk. Little endian. README.md of server/journal has the frame around it.
#include "server/store/records.h"

#include <array>
#include <concepts>
#include <cstring>
#include <type_traits>

#include "server/base/check.h"

namespace hub::store {
namespace {

template <class R, class Record>
concept Is = std::is_same_v<std::remove_const_t<R>, Record>;

// Each record's fields, written once: encoder and decoder walk them. The order is for ever, as it stands on disk.

template <class Codec, Is<HandedRecord> R>
constexpr void Walk(Codec& c, R& r) {
  c(r.message_id, r.attempt_no, r.supplier_id, r.rate_id, r.rate, r.segments, r.at_us, r.answered,
    r.possible_duplicate, r.client_id, r.network_id);
  c(r.source_addr, r.destination_addr);
}

template <class Codec, class R>
constexpr void WalkMessageV1(Codec& c, R& r) {
  c(r.message_id, r.client_id, r.account_id, r.network_id, r.source_addr_ton, r.source_addr_npi,
    r.dest_addr_ton, r.dest_addr_npi, r.data_coding, r.registered_delivery, r.segments, r.rate_id,
    r.rate, r.amount, r.accepted_at_us, r.supplier_id, r.attempts, r.script_version, r.priority,
    r.next_at_us, r.expires_at_us);
  c.Enum(r.basis, ChargeBasis::kDelivered);
  c(r.source_addr, r.destination_addr, r.message_class, r.decision, r.dedupe_key, r.pdu);
}

template <class Codec, Is<MessageRecordV1> R>
constexpr void Walk(Codec& c, R& r) {
  WalkMessageV1(c, r);
}

template <class Codec, Is<MessageRecord> R>
constexpr void Walk(Codec& c, R& r) {
  WalkMessageV1(c, r);
  c(r.esm_class);
}

template <class Codec, Is<AttemptRecord> R>
constexpr void Walk(Codec& c, R& r) {
  c(r.message_id, r.attempt_no, r.supplier_id, r.possible_duplicate, r.resolves_hold,
    r.command_status, r.sent_at_us, r.ended_at_us, r.rate_id, r.rate, r.cost, r.segments);
  c.Enum(r.result, AttemptResult::kUnknown);
  c(r.upstream_id, r.upstream_key);
}

template <class Codec, Is<OutcomeRecord> R>
constexpr void Walk(Codec& c, R& r) {
  c(r.message_id, r.supplier_id, r.message_state, r.moves_money, r.received_at_us);
  c.Enum(r.cause, OutcomeCause::kCancelled);
  c(r.error);
}

template <class Codec, Is<RejectRecord> R>
constexpr void Walk(Codec& c, R& r) {
  c(r.message_id, r.client_id, r.network_id, r.command_status, r.at_us);
  c(r.source_addr, r.destination_addr, r.reason, r.decision);
}

template <class Codec, Is<QueuedRecord> R>
constexpr void Walk(Codec& c, R& r) {
  c(r.message_id, r.next_at_us, r.cycles, r.attempts, r.possible_duplicate);
}

template <class Codec, Is<QueueEndRecord> R>
constexpr void Walk(Codec& c, R& r) {
  c(r.message_id);
}

template <class Codec, class R>
constexpr void WalkReceiptV1(Codec& c, R& r) {
  c(r.receipt_id, r.message_id, r.client_id, r.message_state, r.is_final, r.received_at_us,
    r.expires_at_us);
  c(r.pdu);
}

template <class Codec, Is<ReceiptRecordV1> R>
constexpr void Walk(Codec& c, R& r) {
  WalkReceiptV1(c, r);
}

template <class Codec, Is<ReceiptRecord> R>
constexpr void Walk(Codec& c, R& r) {
  WalkReceiptV1(c, r);
  c(r.supplier_id);
}

template <class Codec, Is<ReceiptEndRecord> R>
constexpr void Walk(Codec& c, R& r) {
  c(r.receipt_id, r.message_id, r.tries, r.possible_duplicate, r.is_final, r.command_status,
    r.at_us);
  c.Enum(r.end, ReceiptEnd::kTriedAgain);
}

template <class Codec, Is<StrayReceiptRecord> R>
constexpr void Walk(Codec& c, R& r) {
  c(r.supplier_id, r.message_state, r.received_at_us);
  c(r.upstream_id, r.error, r.destination_addr);
}

template <class Codec, Is<ReplacedRecord> R>
constexpr void Walk(Codec& c, R& r) {
  c(r.message_id, r.next_at_us, r.expires_at_us, r.registered_delivery);
  c(r.pdu);
}

template <class Codec, Is<LateAnswerRecord> R>
constexpr void Walk(Codec& c, R& r) {
  c(r.message_id, r.attempt_no, r.accepted, r.resolves_hold, r.command_status, r.at_us, r.cost);
  c(r.upstream_id, r.upstream_key);
}

template <class T>
constexpr std::size_t OctetsOf(const T& number) requires std::is_integral_v<T> {
  return sizeof number;
}
constexpr std::size_t OctetsOf(bool) { return 1; }
constexpr std::size_t OctetsOf(Nano) { return sizeof(std::int64_t); }

template <class T>
inline constexpr bool kIsText = std::is_same_v<T, std::string_view> || std::is_same_v<T, Bytes>;

// How long the fixed part of a record is, and how many texts follow it.
struct Measure {
  template <class... Fields>
  constexpr void operator()(const Fields&... fields) {
    (Add(fields), ...);
  }
  template <class E>
  constexpr void Enum(E, E) {
    ++octets;
  }
  template <class T>
  constexpr void Add(const T& field) {
    if constexpr (kIsText<T>) {
      ++texts;
    } else {
      octets += OctetsOf(field);
    }
  }
  std::size_t octets = 0, texts = 0;
};

template <class R>
constexpr Measure MeasureOf() {
  const R record;
  Measure measure;
  Walk(measure, record);
  return measure;
}

// Gathers the fixed part on the stack, so that a frame grows by few appends, not by one a field.
template <class R>
class Encoder {
 public:
  template <class... Fields>
  void operator()(const Fields&... fields) {
    (Put(fields), ...);
  }
  template <class E>
  void Enum(E value, E last) {
    HUB_CHECK(value <= last);
    Put(static_cast<std::uint8_t>(value));
  }

  void WriteTo(RecordKind kind, journal::FrameBuffer* to) const {
    to->Begin(static_cast<std::uint8_t>(kind));
    to->Blob(Bytes(fixed_));
    for (std::size_t i = 0; i < kSize.texts; ++i) to->Blob(text_[i]);
    to->End();
  }

 private:
  static constexpr Measure kSize = MeasureOf<R>();

  template <class T>
  void Put(T value) requires std::is_integral_v<T> {
    std::memcpy(fixed_.data() + size_, &value, sizeof value);
    size_ += sizeof value;
  }
  void Put(bool value) { Put(static_cast<std::uint8_t>(value)); }
  void Put(Nano value) { Put(value.units); }
  void Put(Bytes octets) { text_[texts_++] = octets; }
  void Put(std::string_view octets) { Put(smpp::AsBytes(octets)); }

  std::array<std::uint8_t, kSize.octets> fixed_;
  std::array<Bytes, kSize.texts> text_;
  std::size_t size_ = 0, texts_ = 0;
};

// Never reads beyond its payload: the fixed part has its exact length or nothing of it is read; a text that is not whole is
// empty.
template <class R>
class Decoder {
 public:
  explicit Decoder(Bytes payload) : rest_(payload) {
    fixed_ = Blob();
    if (fixed_.size() == MeasureOf<R>().octets) return;
    good_ = false;
    rest_ = {};
  }

  template <class... Fields>
  void operator()(Fields&... fields) {
    if (good_) (Get(fields), ...);
  }
  template <class E>
  void Enum(E& value, E last) {
    if (!good_) return;
    std::uint8_t octet = 0;
    Get(octet);
    if (octet > static_cast<std::uint8_t>(last)) good_ = false;
    if (good_) value = static_cast<E>(octet);
  }

  /// Every field was there, and nothing more.
  bool whole() const { return good_ && rest_.empty(); }

 private:
  template <class T>
  void Get(T& value) requires std::is_integral_v<T> {
    std::memcpy(&value, fixed_.data() + at_, sizeof value);
    at_ += sizeof value;
  }
  void Get(bool& value) {
    std::uint8_t octet = 0;
    Get(octet);
    if (octet > 1) good_ = false;
    value = octet == 1;
  }
  void Get(Nano& value) { Get(value.units); }
  void Get(Bytes& octets) { octets = Blob(); }
  void Get(std::string_view& octets) { octets = smpp::AsText(Blob()); }

  Bytes Blob() {
    std::uint32_t size = 0;
    if (rest_.size() >= sizeof size) std::memcpy(&size, rest_.data(), sizeof size);
    if (rest_.size() < sizeof size || rest_.size() - sizeof size < size) {
      good_ = false;
      return {};
    }
    const Bytes octets = rest_.subspan(sizeof size, size);
    rest_ = rest_.subspan(sizeof size + size);
    return octets;
  }

  bool good_ = true;
  Bytes rest_;   // texts not read yet
  Bytes fixed_;  // the numbers
  std::size_t at_ = 0;
};

template <class R>
void EncodeAs(RecordKind kind, const R& record, journal::FrameBuffer* to) {
  Encoder<R> encoder;
  Walk(encoder, record);
  encoder.WriteTo(kind, to);
}

template <class R>
bool DecodeAs(Bytes payload, R* record) {
  Decoder<R> decoder(payload);
  Walk(decoder, *record);
  return decoder.whole();
}

}  // namespace

#define RECORD(kind, Type)                                    \
  void Encode(const Type& record, journal::FrameBuffer* to) { \
    EncodeAs(RecordKind::kind, record, to);                   \
  }                                                           \
  bool Decode(Bytes payload, Type* record) { return DecodeAs(payload, record); }
#include "server/store/records.def"
#undef RECORD

}  // namespace hub::store
