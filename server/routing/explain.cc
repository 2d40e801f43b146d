// A decision in many words, for `hubctl explain`.
#include <fmt/format.h>

#include <iterator>
#include <unordered_map>

#include "server/routing/candidates.h"

namespace hub::routing {
namespace {

using Out = std::back_insert_iterator<std::string>;

// "234-10", "234 (country)", with the number range when the row is for one.
std::string KeyOf(const store::RateRow& row) {
  std::string key = row.mcc;
  if (!row.mnc.empty()) key += "-" + row.mnc;
  if (!row.prefix.empty()) key += (key.empty() ? "prefix " : " prefix ") + row.prefix;
  return key + ", class " + row.message_class;
}

using RatesById = std::unordered_map<std::int64_t, const store::RateRow*>;

// The rows that an explanation names, in one pass over all.
RatesById RatesOf(const Decision& decision, const RouteTables& tables,
                  std::span<const Candidate> untold) {
  RatesById rates{{decision.sell_rate_id, nullptr}};
  for (const Candidate& each : std::span(decision.candidates).first(decision.candidate_count))
    rates.emplace(each.rate_id, nullptr);
  for (const Candidate& each : untold) rates.emplace(each.rate_id, nullptr);
  for (const store::RateRow& row : tables.catalog().rates) {
    if (const auto found = rates.find(row.rate_id); found != rates.end()) found->second = &row;
  }
  return rates;
}

std::string RateText(const RouteTables& tables, const RatesById& rates, std::int64_t rate_id) {
  const store::RateRow* row = rates.at(rate_id);
  if (row == nullptr) return "no rate";
  const store::DeckRow* deck = tables.DeckOf(row->deck_id);
  if (row->blocked) return fmt::format("rate {} ({}): blocked", rate_id, KeyOf(*row));
  return fmt::format("rate {} ({}): {} a {}", rate_id, KeyOf(*row), FormatNano(row->price),
                     deck->unit == store::DeckUnit::kSegment ? "segment" : "message");
}

std::string MarginText(const Decision& decision, const Candidate& candidate) {
  if (decision.sell_amount.units <= 0) return FormatNano(candidate.margin);
  const auto basis_points = static_cast<std::int64_t>(__int128{candidate.margin.units} * 10'000 /
                                                      decision.sell_amount.units);
  return fmt::format("{} ({} bp)", FormatNano(candidate.margin), basis_points);
}

constexpr std::string_view Name(store::GuardMode mode) {
  constexpr std::string_view kNames[] = {"block", "warn", "off"};
  return kNames[static_cast<std::size_t>(mode)];
}

void PrintCandidate(Out out, const Query& query, const Decision& decision,
                    const RouteTables& tables, const RatesById& rates, const Candidate& candidate) {
  const store::SupplierRow& supplier = tables.catalog().suppliers[candidate.supplier];
  fmt::format_to(out, "  {:<14} ", supplier.name);
  if (HasCost(candidate)) {
    fmt::format_to(out, "cost {}, margin {}, ", FormatNano(candidate.cost),
                   MarginText(decision, candidate));
  }
  if (candidate.rate_id != 0)
    fmt::format_to(out, "{}; ", RateText(tables, rates, candidate.rate_id));
  if (candidate.drop != Drop::kNone) {
    fmt::format_to(out, "dropped, {}: {}\n", Name(candidate.drop), Text(candidate.drop));
    return;
  }
  const bool thin = query.client->guard_mode == store::GuardMode::kWarn &&
                    !MarginHolds(*query.client, decision.sell_amount, candidate.cost);
  fmt::format_to(out, "stands{}\n", thin ? ", with less than the margin asked for (warn)" : "");
}

void PrintCandidates(Out out, const Query& query, const Decision& decision,
                     const RouteTables& tables, const RatesById& rates,
                     std::span<const Candidate> untold) {
  const store::ClientRow& client = *query.client;
  fmt::format_to(out, "margin      at least {} and {} bp of the amount, mode {}\n",
                 FormatNano(client.margin_min_abs), client.margin_min_bp, Name(client.guard_mode));
  const auto found = std::span(decision.candidates).first(decision.candidate_count);
  fmt::format_to(out, "candidates  {}\n",
                 found.empty() && untold.empty() ? "none" : "by cost, priority, id");
  for (const Candidate& each : found) PrintCandidate(out, query, decision, tables, rates, each);
  for (const Candidate& each : untold) PrintCandidate(out, query, decision, tables, rates, each);
}

void PrintScript(Out out, const Decision& decision) {
  constexpr std::string_view kActs[] = {"none",
                                        "left the default order",
                                        "made the plan",
                                        "refused the message",
                                        "failed, on_error decided",
                                        "bypassed after too many errors, on_error decided"};
  const std::string_view act = kActs[static_cast<std::size_t>(decision.script_act)];
  if (decision.script_act == ScriptAct::kNone) {
    fmt::format_to(out, "script      {}\n", act);
  } else {
    fmt::format_to(out, "script      version {}: {}\n", decision.script_version, act);
  }
}

void PrintResult(Out out, const Query& query, const Decision& decision, const RouteTables& tables) {
  if (decision.refusal != Refusal::kNone) {
    const std::string_view status = smpp::StatusName(decision.status);
    fmt::format_to(out, "result      refused, {}: {}; ", Name(decision.refusal),
                   decision.refusal_text.empty() ? Text(decision.refusal)
                                                 : std::string_view(decision.refusal_text));
    fmt::format_to(out, "answer 0x{:08X} {}; nothing is charged\n",
                   static_cast<std::uint32_t>(decision.status), status);
    return;
  }
  fmt::format_to(out, "plan       ");
  for (std::size_t i = 0; i < decision.plan_count; ++i) {
    const Candidate& candidate = decision.candidates[decision.plan[i]];
    fmt::format_to(out, " {}. {}", i + 1, tables.catalog().suppliers[candidate.supplier].name);
  }
  fmt::format_to(out, "\nresult      routed; charge {} {}\n", FormatNano(decision.sell_amount),
                 query.client->currency);
}

}  // namespace

bool HasCost(const Candidate& candidate) {
  switch (candidate.drop) {
    case Drop::kcurrency:
    case Drop::kno_rate:
    case Drop::kblocked:
    case Drop::krate_error:
      return false;
    default:
      return true;
  }
}

std::string Explanation(const Query& query, const Decision& decision, const RouteTables& tables,
                        std::span<const Candidate> untold) {
  std::string text;
  const RatesById rates = RatesOf(decision, tables, untold);
  const Out out = std::back_inserter(text);
  const store::ClientRow& client = *query.client;
  fmt::format_to(out, "client      {}, class {}, account in {}\n", client.system_id,
                 client.message_class, client.currency);
  fmt::format_to(out, "number      {} -> {}\n", query.destination_addr,
                 decision.e164_length == 0 ? "none" : decision.number());
  if (decision.network != nullptr) {
    const store::NetworkRow& network = *decision.network;
    fmt::format_to(out, "network     {}{}{} {} ({}), by prefix\n", network.mcc,
                   network.mnc.empty() ? "" : "-", network.mnc, network.name, network.country);
  }
  fmt::format_to(out, "segments    {}\n", query.segments);
  if (decision.sell_rate_id != 0) {
    fmt::format_to(out, "price       {}; amount {} {}\n",
                   RateText(tables, rates, decision.sell_rate_id), FormatNano(decision.sell_amount),
                   client.currency);
    PrintCandidates(out, query, decision, tables, rates, untold);
  }
  PrintScript(out, decision);
  PrintResult(out, query, decision, tables);
  return text;
}

}  // namespace hub::routing
