// Internal to the folder: kinds of fields that several tables of a description share.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/money.h"
#include "server/config/toml_reader.h"
#include "server/store/enum_names.h"

namespace hub::admin {

inline constexpr std::size_t kNameOctetsMax = 64;  // of suppliers, decks, networks, tags, classes
inline constexpr std::size_t kTextOctetsMax = 255;

/// The string of a key that must be there; "" after an error.
std::string RequiredText(TomlReader& table, std::string_view key, std::size_t octets_min,
                         std::size_t octets_max);
/// A decimal in a string. Floats and integers are refused: money is never a float here.
std::optional<Nano> Money(TomlReader& table, std::string_view key);
/// `digits_min` .. `digits_max` digits in a string.
std::optional<std::string> Digits(TomlReader& table, std::string_view key, std::size_t digits_min,
                                  std::size_t digits_max);
/// Three capital letters, ISO 4217; two for a country.
std::string RequiredLetters(TomlReader& table, std::string_view key, std::size_t letters);
/// One of `words`; its index.
std::optional<std::size_t> OneOf(TomlReader& table, std::string_view key,
                                 const std::vector<std::string_view>& words);
/// Sorted, without doubles.
std::vector<std::string> Tags(TomlReader& table);

template <class Number>
void Assign(TomlReader& table, std::string_view key, std::int64_t min, std::int64_t max,
            Number* field) {
  if (const auto value = table.Integer(key, min, max)) *field = static_cast<Number>(*value);
}
inline void Assign(TomlReader& table, std::string_view key, bool* field) {
  if (const auto value = table.Boolean(key)) *field = *value;
}
/// One of the words by which SQL knows the values.
template <class E, std::size_t N>
void Assign(TomlReader& table, std::string_view key, const store::EnumName<E> (&names)[N],
            E* field) {
  std::vector<std::string_view> words;
  for (const auto& name : names) words.push_back(name.name);
  if (const auto index = OneOf(table, key, words)) *field = names[*index].value;
}

/// A command_status of an error: "ESME_RSUBMITFAIL", "0x45" or "69". nullopt for anything else, ESME_ROK too.
std::optional<std::uint32_t> ErrorStatus(std::string_view text);

/// Natural keys of one kind of entry: a second one of the same name is an error that tells where the first stands.
class Unique {
 public:
  void Check(TomlReader& table, std::string_view key, const std::string& name);

 private:
  std::map<std::string, std::string> places_;
};

}  // namespace hub::admin
