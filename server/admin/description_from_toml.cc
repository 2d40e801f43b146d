#include "server/admin/description_from_toml.h"

#include "protocol/text/first_word.h"
#include "server/admin/description_accounts.h"
#include "server/admin/description_fields.h"

namespace hub::admin {
namespace {

constexpr std::size_t kPrefixDigitsMax = 15;  // E.164

class Mapper {
 public:
  explicit Mapper(const std::string& name) : report_(name) {}

  Result<store::Description, Errors> Map(const TomlValue& root) {
    TomlReader top(root, "", report_);
    for (TomlReader& table : top.Tables("network")) ReadNetwork(table);
    for (TomlReader& table : top.Tables("deck")) ReadDeck(table);
    for (TomlReader& table : top.Tables("client")) {
      out_.clients.push_back(ReadClient(table, &system_ids_, &topup_refs_));
    }
    for (TomlReader& table : top.Tables("supplier")) {
      out_.suppliers.push_back(ReadSupplier(table, &supplier_names_));
    }
    for (TomlReader& table : top.Tables("mo_route")) ReadMoRoute(table);
    top.Finish();
    if (!report_.empty()) return Err{report_.Take()};
    return std::move(out_);
  }

 private:
  void ReadNetwork(TomlReader& table) {
    store::NetworkEntry entry;
    entry.place = table.place_text();
    entry.network.mcc = RequiredMcc(table);
    entry.network.mnc = Mnc(table);
    entry.network.country = RequiredLetters(table, "country", 2);
    entry.network.name = RequiredText(table, "name", 1, kNameOctetsMax);
    networks_.Check(table, "mcc", entry.network.mcc + "-" + entry.network.mnc);
    for (const std::string& prefix : table.Texts("prefixes", 1, kPrefixDigitsMax)) {
      if (prefix.find_first_not_of("0123456789") != std::string::npos) {
        table.Refuse("prefixes", "\"" + prefix + "\": expected digits only");
      }
      prefixes_.Check(table, "prefixes", prefix);
      out_.prefixes.push_back({.place = report_.PlaceText(table.PlaceOf("prefixes")),
                               .prefix = prefix,
                               .mcc = entry.network.mcc,
                               .mnc = entry.network.mnc});
    }
    table.Finish();
    out_.networks.push_back(std::move(entry));
  }

  void ReadDeck(TomlReader& table) {
    store::DeckEntry entry;
    entry.place = table.place_text();
    entry.deck.name = RequiredText(table, "name", 1, kNameOctetsMax);
    if (!entry.deck.name.empty()) deck_names_.Check(table, "name", entry.deck.name);
    entry.deck.currency = RequiredLetters(table, "currency", 3);
    Assign(table, "unit", store::kDeckUnits, &entry.deck.unit);
    Assign(table, "charge_basis", store::kChargeBases, &entry.deck.charge_basis);
    for (TomlReader& rate : table.Tables("rates")) entry.rates.push_back(ReadRate(rate));
    table.Finish();
    out_.decks.push_back(std::move(entry));
  }

  store::RateEntry ReadRate(TomlReader& table) {
    store::RateEntry entry;
    entry.place = table.place_text();
    store::RateRow& row = entry.rate;
    row.mcc = RequiredMcc(table);
    row.mnc = Mnc(table);
    row.prefix = Digits(table, "prefix", 1, kPrefixDigitsMax).value_or("");
    row.message_class = table.Text("class", 1, kNameOctetsMax).value_or(row.message_class);
    Assign(table, "blocked", &row.blocked);
    if (table.Any("price") == nullptr && !row.blocked) table.Require("price");
    if (const auto price = Money(table, "price")) {
      row.price = *price;
      if (price->units < 0) table.Refuse("price", "is less than 0");
      if (row.blocked) table.Refuse("price", "blocked is said too", "keep one of them");
    }
    if (const auto from = table.Moment("valid_from")) row.valid.from_us = ToMicros(*from);
    if (const auto until = table.Moment("valid_to")) row.valid.until_us = ToMicros(*until);
    if (row.valid.from_us >= row.valid.until_us) {
      table.Refuse("valid_to", "is not after valid_from");
    }
    table.Finish();
    return entry;
  }

  void ReadMoRoute(TomlReader& table) {
    store::MoRouteEntry entry;
    entry.place = table.place_text();
    const std::string_view form = ReadDestination(table, &entry.route);
    ReadKeyword(table, &entry.route.keyword);
    entry.supplier = table.Text("supplier", 1, kNameOctetsMax).value_or("");
    entry.client = RequiredText(table, "client", 1, 15);
    const store::MoRouteRow& row = entry.route;
    std::string name = row.number;
    if (!row.prefix.empty()) name = row.prefix + "*";
    if (!row.range_from.empty()) name = row.range_from + "..";
    if (!form.empty() && !name.empty()) {
      if (!row.keyword.empty()) name += " " + row.keyword;
      if (!entry.supplier.empty()) name += " from " + entry.supplier;
      mo_routes_.Check(table, form, name);
    }
    table.Finish();
    out_.mo_routes.push_back(std::move(entry));
  }

  // number, prefix, or from and to: one of the three. The key that names it; "" after an error.
  std::string_view ReadDestination(TomlReader& table, store::MoRouteRow* row) {
    row->number = Digits(table, "number", 1, kPrefixDigitsMax).value_or("");
    row->prefix = Digits(table, "prefix", 1, kPrefixDigitsMax).value_or("");
    row->range_from = Digits(table, "from", 1, kPrefixDigitsMax).value_or("");
    row->range_to = Digits(table, "to", 1, kPrefixDigitsMax).value_or("");
    std::string_view form;
    for (const std::string_view key : {"number", "prefix", "from"}) {
      if (table.Any(key) == nullptr) continue;
      if (!form.empty()) {
        table.Refuse(key, std::string(form) + " is given too", "keep one of them");
        return {};
      }
      form = key;
    }
    if (form.empty()) table.Require("number");
    if ((form == "from") != (table.Any("to") != nullptr)) {
      table.Require(form == "from" ? "to" : "from");
      return {};
    }
    if (form != "from" || row->range_from.empty() || row->range_to.empty()) return form;
    if (row->range_from.size() != row->range_to.size()) {
      table.Refuse("to", "has another number of digits than from");
    } else if (row->range_from >= row->range_to) {
      table.Refuse("to", "is not after from", "number = \"...\" says one number");
    }
    return form;
  }

  void ReadKeyword(TomlReader& table, std::string* keyword) {
    const auto text = table.Text("keyword", 1, kNameOctetsMax);
    if (!text) return;
    *keyword = smpp::KeywordOf(*text).view();
    if (keyword->empty()) {
      table.Refuse("keyword", "\"" + *text + "\" is not one word of letters and digits",
                   "a keyword is the text's first word, at most 32 characters");
    }
  }

  std::string RequiredMcc(TomlReader& table) {
    if (table.Any("mcc") == nullptr) table.Require("mcc");
    return Digits(table, "mcc", 3, 3).value_or("");
  }
  // Two or three digits, "01" is not "001"; absent: any network of the country.
  std::string Mnc(TomlReader& table) {
    auto mnc = Digits(table, "mnc", 0, 3).value_or("");
    if (mnc.size() == 1) table.Refuse("mnc", "has two or three digits");
    return mnc;
  }

  TomlReport report_;
  store::Description out_;
  Unique networks_, prefixes_, deck_names_, system_ids_, topup_refs_, supplier_names_, mo_routes_;
};

}  // namespace

Result<store::Description, Errors> ParseDescription(std::string_view text,
                                                    const std::string& name) {
  const auto root = ParseToml(text, name);
  if (!root) return Err{Errors{root.error()}};
  return Mapper(name).Map(*root);
}

Result<store::Description, Errors> LoadDescription(const std::string& path) {
  const auto text = ReadTextFile(path);
  if (!text) return Err{Errors{text.error()}};
  return ParseDescription(*text, path);
}

}  // namespace hub::admin
