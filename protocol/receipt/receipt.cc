#include "protocol/receipt/receipt.h"

#include <array>
#include <iterator>

#include "protocol/receipt/ascii.h"
#include "protocol/text/udh.h"

namespace smpp {
namespace {

struct Key {
  ReceiptField ReceiptText::*field;
  std::string_view word;
};

constexpr Key kKeys[] = {
#define KEY(field, word) {&ReceiptText::field, word},
#include "protocol/receipt/receipt_key.def"
#undef KEY
};

// Of each octet the first key that begins with it, in any case, and of each key the next one of the same: what is no key is
// known by one look. kKeyCount: none.
constexpr std::uint8_t kKeyCount = std::size(kKeys);
struct KeysByOctet {
  std::array<std::uint8_t, 256> first{};
  std::array<std::uint8_t, kKeyCount> next{};
};
constexpr KeysByOctet kByOctet = [] {
  KeysByOctet by;
  by.first.fill(kKeyCount);
  for (std::uint8_t i = kKeyCount; i-- > 0;) {
    const char lower = kKeys[i].word[0];
    by.next[i] = by.first[static_cast<std::uint8_t>(lower)];
    by.first[static_cast<std::uint8_t>(lower)] = i;
    by.first[static_cast<std::uint8_t>(lower - 'a' + 'A')] = i;
  }
  return by;
}();

constexpr bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

/// The key that stands at `at`, an octet of the text, or nullptr.
const Key* KeyAt(std::string_view text, std::size_t at) {
  std::uint8_t i = kByOctet.first[static_cast<std::uint8_t>(text[at])];
  for (; i != kKeyCount; i = kByOctet.next[i]) {
    if (EqualsFolded(text.substr(at, kKeys[i].word.size()), kKeys[i].word)) return &kKeys[i];
  }
  return nullptr;
}

std::size_t SkipSpace(std::string_view text, std::size_t at) {
  while (at < text.size() && IsSpace(text[at])) ++at;
  return at;
}

std::size_t SkipWord(std::string_view text, std::size_t at) {
  while (at < text.size() && !IsSpace(text[at])) ++at;
  return at;
}

/// "err: text:" has an empty err, but "id: 123" has the value 123.
std::size_t ValueBegin(std::string_view text, std::size_t at) {
  const std::size_t word = SkipSpace(text, at);
  return word == text.size() || KeyAt(text, word) != nullptr ? at : word;
}

void Set(ReceiptField& field, std::string_view text, std::size_t begin, std::size_t end) {
  if (field.present) return;
  field = {text.substr(begin, end - begin), static_cast<std::uint32_t>(begin), true};
}

}  // namespace

ReceiptText ParseReceiptText(std::string_view text) {
  ReceiptText found;
  std::size_t at = SkipSpace(text, 0);
  while (at < text.size()) {
    const Key* key = KeyAt(text, at);
    if (key == nullptr) {
      at = SkipSpace(text, SkipWord(text, at));
      continue;
    }
    at += key->word.size();
    if (key->field == &ReceiptText::text) {
      Set(found.text, text, at, text.size());
      if (found.id.present || found.stat.present) break;
      at = SkipSpace(text, at);
      continue;
    }
    const std::size_t begin = ValueBegin(text, at);
    const std::size_t end = SkipWord(text, begin);
    Set(found.*key->field, text, begin, end);
    at = SkipSpace(text, end);
  }
  return found;
}

Receipt ReadReceipt(const MessageView& view) {
  Receipt receipt;
  const Bytes text = view.text();
  if (view.has_udhi()) receipt.text_offset = static_cast<std::uint32_t>(UdhOctets(text));
  receipt.fields = ParseReceiptText(AsText(text.subspan(receipt.text_offset)));
  receipt.stat = receipt.fields.stat.value;
  receipt.err = receipt.fields.err.value;
  const bool tlv_id = view.receipted_message_id && !view.receipted_message_id->empty();
  receipt.id = tlv_id ? *view.receipted_message_id : receipt.fields.id.value;

  std::optional<MessageState> state;
  if (view.message_state) state = StateOf(*view.message_state);
  if (!state) state = StateOfStat(receipt.stat);
  if (!state) state = view.is_intermediate() ? MessageState::ENROUTE : MessageState::UNKNOWN;
  receipt.state = *state;
  return receipt;
}

}  // namespace smpp
