#include "server/store/apply_rates.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "server/store/apply_notes.h"
#include "server/store/rate_plan.h"

namespace hub::store {
namespace {

constexpr Nano kPriceEnd{100'000 * kNanoPerUnit};  // numeric(14,9) has five digits before the point
constexpr std::size_t kPrefixDigitsMax = 15;
constexpr std::array<std::string_view, 6> kClasses = {"any",   "otp", "transactional",
                                                      "promo", "p2p", "test"};

using Key =
    std::tuple<std::string, std::string, std::string, std::string>;  // mcc, mnc, prefix, class

Key KeyOf(const RateRow& rate) { return {rate.mcc, rate.mnc, rate.prefix, rate.message_class}; }

std::string KeyText(const RateRow& rate) {
  std::string text = rate.mcc + "/" + (rate.mnc.empty() ? "any" : rate.mnc);
  if (!rate.prefix.empty()) text += " prefix " + rate.prefix;
  if (rate.message_class != "any") text += " " + rate.message_class;
  return text;
}

std::string LabelOf(const std::string& deck, const RateRow& rate) {
  return "deck " + deck + ": " + KeyText(rate);
}

std::string PriceText(const RateRow& rate) {
  return rate.blocked ? "blocked" : FormatNano(rate.price);
}

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Checked here, for rows go in by the thousand and PostgreSQL would not say which one it minds.
const char* WhyRefused(const RateRow& rate) {
  if (rate.mcc.size() != 3 || !AllDigits(rate.mcc)) return "an mcc has three digits";
  if (!rate.mnc.empty() && (rate.mnc.size() < 2 || rate.mnc.size() > 3 || !AllDigits(rate.mnc))) {
    return "an mnc has two or three digits";
  }
  if (rate.prefix.size() > kPrefixDigitsMax || !AllDigits(rate.prefix))
    return "a prefix has 1 to 15 digits";
  if (std::find(kClasses.begin(), kClasses.end(), rate.message_class) == kClasses.end()) {
    return "the class is any, otp, transactional, promo, p2p or test";
  }
  if (!rate.blocked && rate.price.units < 0) return "a price is not below 0";
  if (!rate.blocked && rate.price >= kPriceEnd) return "a price is below 100000";
  if (rate.valid.from_us >= rate.valid.until_us) return "its validity ends before it begins";
  return nullptr;
}

using Described = std::map<Key, std::vector<const RateEntry*>>;

Outcome<Described> SortByKey(const DeckEntry& entry) {
  Described described;
  for (const RateEntry& rate : entry.rates) {
    if (const char* why = WhyRefused(rate.rate)) {
      return Err{Refusal(rate.place, LabelOf(entry.deck.name, rate.rate), why)};
    }
    described[KeyOf(rate.rate)].push_back(&rate);
  }
  for (auto& [key, rates] : described) {
    std::stable_sort(rates.begin(), rates.end(), [](const RateEntry* a, const RateEntry* b) {
      return a->rate.valid.from_us < b->rate.valid.from_us;
    });
    if (const RateEntry* second = FindOverlap(rates)) {
      return Err{Refusal(second->place, LabelOf(entry.deck.name, second->rate),
                         "its validity overlaps another entry of the same key")};
    }
  }
  return described;
}

struct Stored {
  std::int64_t now_us = 0;  // of the transaction
  std::map<Key, std::vector<RateRow>> rates;
};

Outcome<Stored> ReadStored(Pg& pg, const std::string& deck_id) {
  auto now = pg.Run("read the time", "SELECT (extract(epoch FROM now()) * 1000000)::bigint");
  if (!now) return Err{now.error()};
  auto rows = pg.Run(
      "read a deck",
      "SELECT rate_id, mcc, coalesce(mnc, ''), coalesce(prefix, ''), class, coalesce(price, 0), "
      "blocked,"
      " coalesce((extract(epoch FROM lower(valid)) * 1000000)::bigint, -9223372036854775808),"
      " coalesce((extract(epoch FROM upper(valid)) * 1000000)::bigint, 9223372036854775807)"
      " FROM rate.rate WHERE deck_id = $1 ORDER BY lower(valid) NULLS FIRST",
      {deck_id});
  if (!rows) return Err{rows.error()};
  Stored stored;
  stored.now_us = now->Int(0, 0);
  for (int i = 0; i < rows->rows(); ++i) {
    RateRow rate;
    rate.rate_id = rows->Int(i, 0);
    rate.mcc = rows->String(i, 1);
    rate.mnc = rows->String(i, 2);
    rate.prefix = rows->String(i, 3);
    rate.message_class = rows->String(i, 4);
    rate.price = ParseNano(rows->Text(i, 5)).value_or(Nano{-1});  // numeric(14,9) always fits
    rate.blocked = rows->Bool(i, 6);
    rate.valid = {rows->Int(i, 7), rows->Int(i, 8)};
    stored.rates[KeyOf(rate)].push_back(rate);
  }
  return stored;
}

// All changes of a deck, as columns: three statements whatever their number.
struct Changes {
  std::vector<std::int64_t> dropped, closed;
  std::vector<std::string> closed_until;
  std::vector<std::string> mcc, mnc, prefix, message_class, price, blocked, from, until;

  void Add(const RatePlan& plan) {
    for (const RateRow* row : plan.drop) dropped.push_back(row->rate_id);
    for (const RateClose& close : plan.close) {
      closed.push_back(close.row->rate_id);
      closed_until.push_back(TimeText(close.until_us));
    }
    for (const RateInsert& insert : plan.insert) {
      const RateRow& rate = insert.entry->rate;
      mcc.push_back(rate.mcc);
      mnc.push_back(rate.mnc);
      prefix.push_back(rate.prefix);
      message_class.push_back(rate.message_class);
      price.push_back(rate.blocked ? "" : FormatNano(rate.price));
      blocked.push_back(rate.blocked ? "t" : "f");
      from.push_back(TimeText(insert.valid.from_us));
      until.push_back(TimeText(insert.valid.until_us));
    }
  }
};

Outcome<Done> Write(Pg& pg, const std::string& deck_id, const Changes& changes) {
  if (!changes.dropped.empty()) {
    auto ran =
        pg.Run("drop scheduled rates", "DELETE FROM rate.rate WHERE rate_id = ANY ($1::bigint[])",
               {ToArray(changes.dropped)});
    if (!ran) return Err{ran.error()};
  }
  if (!changes.closed.empty()) {
    auto ran = pg.Run("close rates",
                      "UPDATE rate.rate r SET valid = tstzrange(lower(r.valid), c.until, '[)')"
                      " FROM unnest($1::bigint[], $2::timestamptz[]) AS c(rate_id, until) WHERE "
                      "r.rate_id = c.rate_id",
                      {ToArray(changes.closed), ToArray(changes.closed_until)});
    if (!ran) return Err{ran.error()};
  }
  if (changes.mcc.empty()) return Done{};
  auto ran =
      pg.Run("add rates",
             "INSERT INTO rate.rate (deck_id, mcc, mnc, prefix, class, price, blocked, valid)"
             " SELECT $1, mcc, nullif(mnc, ''), nullif(prefix, ''), class, nullif(price, "
             "'')::numeric, blocked::boolean,"
             " tstzrange(nullif(begins, '')::timestamptz, nullif(ends, '')::timestamptz, '[)')"
             " FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], "
             "$8::text[], $9::text[])"
             " AS r(mcc, mnc, prefix, class, price, blocked, begins, ends)",
             {deck_id, ToArray(changes.mcc), ToArray(changes.mnc), ToArray(changes.prefix),
              ToArray(changes.message_class), ToArray(changes.price), ToArray(changes.blocked),
              ToArray(changes.from), ToArray(changes.until)});
  if (!ran) return Err{ran.error()};
  return Done{};
}

// "deck retail: 234/10: 0.02 -> 0.021 from 2027-01-01 ..."
void Report(const std::string& deck, const RatePlan& plan, std::int64_t now_us,
            ApplyReport* report) {
  report->same += plan.same;
  const RateRow* old = !plan.close.empty()  ? plan.close.front().row
                       : !plan.drop.empty() ? plan.drop.front()
                                            : nullptr;
  for (const RateInsert& insert : plan.insert) {
    const RateRow& rate = insert.entry->rate;
    const std::string when =
        insert.valid.from_us > now_us ? " from " + TimeText(insert.valid.from_us) : "";
    if (old == nullptr) {
      report->added.push_back(LabelOf(deck, rate) + ": " + PriceText(rate) + when);
    } else {
      report->changed.push_back(LabelOf(deck, rate) + ": " + PriceText(*old) + " -> " +
                                PriceText(rate) + when);
    }
  }
  if (!plan.insert.empty()) return;
  for (const RateClose& close : plan.close) {
    report->changed.push_back(LabelOf(deck, *close.row) + ": " + PriceText(*close.row) + " ends " +
                              TimeText(close.until_us));
  }
  for (const RateRow* row : plan.drop) {
    report->removed.push_back(LabelOf(deck, *row) + ": " + PriceText(*row) + " from " +
                              TimeText(row->valid.from_us));
  }
}

// A price of 0 sells for nothing, or takes a route for free: it may be meant, and it may be a slip.
void NotePrices(const DeckEntry& entry, ApplyReport* report) {
  for (const RateEntry& rate : entry.rates) {
    if (rate.rate.blocked || rate.rate.price.units != 0) continue;
    report->notes.push_back(rate.place + ": " + LabelOf(entry.deck.name, rate.rate) +
                            ": the price is 0: free of charge");
  }
}

void NoteUndescribed(const DeckEntry& entry, const Stored& stored, const Described& described,
                     ApplyReport* report) {
  if (entry.rates.empty()) return;
  std::vector<std::string> names;
  for (const auto& [key, rates] : stored.rates) {
    const bool ended = rates.empty() || rates.back().valid.until_us <= stored.now_us;
    if (ended || described.contains(key)) continue;
    names.push_back(KeyText(rates.back()));
  }
  if (names.empty()) return;
  report->notes.push_back("deck " + entry.deck.name +
                          ": prices stored and not described: " + ShortList(names));
}

}  // namespace

Outcome<Done> ApplyRates(Pg& pg, const DeckEntry& entry, const std::string& deck_id,
                         ApplyReport* report) {
  auto described = SortByKey(entry);
  if (!described) return Err{described.error()};
  auto stored = ReadStored(pg, deck_id);
  if (!stored) return Err{Placed(stored.error(), entry.place, "deck " + entry.deck.name)};
  NotePrices(entry, report);
  NoteUndescribed(entry, *stored, *described, report);
  Changes changes;
  for (const auto& [key, rates] : *described) {
    const RatePlan plan = PlanRates(stored->rates[key], rates, stored->now_us);
    changes.Add(plan);
    Report(entry.deck.name, plan, stored->now_us, report);
  }
  auto written = Write(pg, deck_id, changes);
  if (!written) return Err{Placed(written.error(), entry.place, "deck " + entry.deck.name)};
  return Done{};
}

}  // namespace hub::store
