// A decision in words: one line for the database, many for `hubctl explain`.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

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

std::string RateText(const RouteTables& tables, std::int64_t rate_id) {
  const store::RateRow* row = tables.RateOf(rate_id);
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

std::size_t PlaceInPlan(const Decision& decision, std::size_t candidate) {
  const auto begin = decision.plan.begin(), end = begin + decision.plan_count;
  const auto found = std::find(begin, end, candidate);
  return found == end ? 0 : static_cast<std::size_t>(found - begin) + 1;
}

void PrintCandidate(Out out, const Query& query, const Decision& decision,
                    const RouteTables& tables, std::size_t index) {
  const Candidate& candidate = decision.candidates[index];
  const store::SupplierRow& supplier = tables.catalog().suppliers[candidate.supplier];
  fmt::format_to(out, "  {:<14} ", supplier.name);
  if (HasCost(candidate)) {
    fmt::format_to(out, "cost {}, margin {}, ", FormatNano(candidate.cost),
                   MarginText(decision, candidate));
  }
  if (candidate.rate_id != 0) fmt::format_to(out, "{}; ", RateText(tables, candidate.rate_id));
  if (candidate.drop != Drop::kNone) {
    fmt::format_to(out, "dropped, {}: {}\n", Name(candidate.drop), Text(candidate.drop));
    return;
  }
  const bool thin = query.client->guard_mode == store::GuardMode::kWarn &&
                    !MarginHolds(*query.client, decision.sell_amount, candidate.cost);
  fmt::format_to(out, "stands{}\n", thin ? ", with less than the margin asked for (warn)" : "");
}

void PrintCandidates(Out out, const Query& query, const Decision& decision,
                     const RouteTables& tables) {
  const store::ClientRow& client = *query.client;
  fmt::format_to(out, "margin      at least {} and {} bp of the amount, mode {}\n",
                 FormatNano(client.margin_min_abs), client.margin_min_bp, Name(client.guard_mode));
  fmt::format_to(out, "candidates  {}\n",
                 decision.candidate_count == 0 ? "none" : "by cost, priority, id");
  for (std::size_t i = 0; i < decision.candidate_count; ++i) {
    PrintCandidate(out, query, decision, tables, i);
  }
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

std::string Explanation(const Query& query, const Decision& decision, const RouteTables& tables) {
  std::string text;
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
    fmt::format_to(out, "price       {}; amount {} {}\n", RateText(tables, decision.sell_rate_id),
                   FormatNano(decision.sell_amount), client.currency);
    PrintCandidates(out, query, decision, tables);
  }
  PrintScript(out, decision);
  PrintResult(out, query, decision, tables);
  return text;
}

// Once for each message: no formatter, no string of its own for each candidate.
std::string Summary(const Decision& decision, const RouteTables& tables) {
  std::string text;
  for (std::size_t i = 0; i < decision.candidate_count; ++i) {
    const Candidate& candidate = decision.candidates[i];
    const std::size_t before = text.size();
    if (i != 0) text += "; ";
    text += tables.catalog().suppliers[candidate.supplier].name;
    if (HasCost(candidate)) text.append(1, ' ').append(FormatNano(candidate.cost));
    if (const std::size_t place = PlaceInPlan(decision, i); place != 0) {
      text.append(" #").append(std::to_string(place));
    } else {
      text.append(1, ' ').append(Name(candidate.drop));
    }
    if (text.size() > kSummaryOctetsMax) {
      text.resize(before);
      return text + "; +" + std::to_string(decision.candidate_count - i);
    }
  }
  return text;
}

}  // namespace hub::routing
