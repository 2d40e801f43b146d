#include "server/routing/script_test_world.h"

#include <algorithm>
#include <cstdio>

#include "server/routing/number.h"

namespace hub::routing {
namespace {

constexpr std::int64_t kSellDeck = 1, kNetwork = 1;

std::string TextOf(const LuaData& table, const char* name, const char* otherwise) {
  const LuaData* field = Field(table, name);
  return field == nullptr ? otherwise : field->text;
}
std::int64_t IntegerOf(const LuaData& table, const char* name, std::int64_t otherwise) {
  const LuaData* field = Field(table, name);
  return field == nullptr ? otherwise : field->integer;
}
std::vector<std::string> ListOf(const LuaData& table, const char* name) {
  std::vector<std::string> list;
  if (const LuaData* field = Field(table, name); field != nullptr) {
    for (const LuaData& one : field->list) list.push_back(one.text);
  }
  return list;
}

// "2026-11-20T08:00", UTC.
bool ReadTime(const std::string& text, WallTime* at) {
  int year = 0, hour = 0, minute = 0;
  unsigned month = 0, day = 0;
  if (std::sscanf(text.c_str(), "%d-%u-%uT%d:%d", &year, &month, &day, &hour, &minute) != 5)
    return false;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
  *at = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute);
  return true;
}

}  // namespace

const LuaData* Field(const LuaData& table, const char* name) {
  const auto found = table.fields.find(name);
  return found == table.fields.end() ? nullptr : &found->second;
}

std::string CheckKeys(const LuaData& table, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : table.fields) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return "unknown key '" + name + "'";
  }
  return "";
}

std::string TestWorld::AddPrice(std::int64_t deck_id, const std::string& price) {
  const auto amount = ParseNano(price);
  if (!amount) return "'" + price + "' is no amount; write \"0.012\"";
  catalog_.decks.push_back({deck_id, "deck", "EUR", store::DeckUnit::kSegment});
  store::RateRow rate;
  rate.rate_id = deck_id;
  rate.deck_id = deck_id;
  rate.mcc = catalog_.networks[0].mcc;
  rate.price = *amount;
  catalog_.rates.push_back(rate);
  return "";
}

std::string TestWorld::AddSupplier(const LuaData& row) {
  std::string wrong = CheckKeys(row, {"name", "type", "cost", "tags", "priority", "down"});
  if (!wrong.empty()) return "supplier: " + wrong;
  store::SupplierRow supplier;
  supplier.supplier_id = static_cast<std::int64_t>(catalog_.suppliers.size()) + 1;
  supplier.name = TextOf(row, "name", "");
  supplier.type = TextOf(row, "type", "direct");
  supplier.currency = "EUR";
  supplier.deck_id = kSellDeck + supplier.supplier_id;
  supplier.tags = ListOf(row, "tags");
  supplier.priority = static_cast<std::int32_t>(IntegerOf(row, "priority", 0));
  if (const LuaData* down = Field(row, "down"); down != nullptr && down->boolean) {
    links_.down.insert(static_cast<std::uint32_t>(catalog_.suppliers.size()));
  }
  catalog_.suppliers.push_back(supplier);
  return AddPrice(supplier.deck_id, TextOf(row, "cost", ""));
}

std::string TestWorld::AddMessage(const LuaData& message) {
  std::string wrong =
      CheckKeys(message, {"id", "class", "src", "dst", "country", "mcc", "mnc", "network", "client",
                          "tags", "segments", "coding", "parts", "utc"});
  if (!wrong.empty()) return "message: " + wrong;
  source_ = TextOf(message, "src", "INFO");
  destination_ = TextOf(message, "dst", "");
  query_.source_addr = source_;
  query_.destination_addr = destination_;
  query_.message_id = static_cast<MessageId>(IntegerOf(message, "id", 1));
  query_.segments = static_cast<std::int32_t>(IntegerOf(message, "segments", 1));
  query_.data_coding = static_cast<std::uint8_t>(IntegerOf(message, "coding", 0));
  if (const LuaData* parts = Field(message, "parts"); parts != nullptr) {
    query_.multipart = true;
    query_.concat_ref = static_cast<std::uint16_t>(IntegerOf(*parts, "ref", 1));
    query_.concat_total = static_cast<std::uint8_t>(IntegerOf(*parts, "total", 2));
    query_.concat_part = static_cast<std::uint8_t>(IntegerOf(*parts, "index", 1));
  }
  if (!ReadTime(TextOf(message, "utc", "2026-11-18T12:00"), &query_.at))
    return "message: utc = \"2026-11-18T12:00\"";
  std::array<char, 24> digits{};
  const std::uint8_t length = NormaliseNumber(destination_, 1, &digits);
  if (length == 0) return "message: dst is no number";
  catalog_.prefixes.push_back({std::string(digits.data(), length), kNetwork});
  return "";
}

std::string TestWorld::Build(const LuaData& file, const LuaData& one,
                             std::shared_ptr<const Script> script) {
  const LuaData nothing;
  const LuaData* described = Field(one, "message");
  const LuaData& message = described == nullptr ? nothing : *described;
  catalog_.networks.push_back({kNetwork, TextOf(message, "mcc", "262"),
                               TextOf(message, "mnc", "01"), TextOf(message, "country", "DE"),
                               TextOf(message, "network", "Test")});
  std::string wrong = AddMessage(message);
  if (wrong.empty()) wrong = AddPrice(kSellDeck, TextOf(file, "sell", "0.05"));
  const LuaData* suppliers = Field(file, "suppliers");
  for (std::size_t i = 0; wrong.empty() && suppliers != nullptr && i < suppliers->list.size();
       ++i) {
    wrong = AddSupplier(suppliers->list[i]);
  }
  if (!wrong.empty()) return wrong;
  store::ClientRow client;
  client.client_id = 1;
  client.system_id = TextOf(message, "client", "acme");
  client.currency = "EUR";
  client.deck_id = kSellDeck;
  client.message_class = TextOf(message, "class", "transactional");
  client.tags = ListOf(message, "tags");
  client.attempts_max = static_cast<std::int32_t>(kPlanMax);
  catalog_.clients.push_back(client);
  auto tables = BuildTables(std::make_shared<store::Catalog>(std::move(catalog_)));
  if (!tables) return tables.error().Text();
  tables_ = *tables;
  query_.client = &CatalogOf(*tables_).clients[0];
  const auto used = router_.Use(tables_, std::move(script));
  return used ? "" : used.error().Text();
}

const Decision& TestWorld::Decide() {
  router_.Decide(query_, links_, &decision_);
  return decision_;
}

std::vector<std::string> TestWorld::Plan() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < decision_.plan_count; ++i) {
    names.push_back(
        CatalogOf(*tables_).suppliers[decision_.candidates[decision_.plan[i]].supplier].name);
  }
  return names;
}

std::string TestWorld::ScriptErrorText() const {
  const std::string& error = router_.script_counts().last_error;
  return error.empty() ? "" : "; script: " + error;
}

}  // namespace hub::routing
