#include "bench/load/lib/esme_results.h"

#include <fmt/format.h>

namespace hub::load {
namespace {

struct Quantile {
  const char* name;
  unsigned parts_per_thousand;
};
constexpr Quantile kQuantiles[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p99.9", 999}};

std::uint64_t Micros(Duration d) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(d).count());
}

std::string Millis(Duration d) {
  return fmt::format("{}.{:03} ms", Micros(d) / 1000, Micros(d) % 1000);
}

// {"p50":12,...,"max":99}
std::string MicrosJson(const Histogram& latencies) {
  std::string quantiles;
  for (const Quantile& q : kQuantiles) {
    quantiles +=
        fmt::format("\"{}\":{},", q.name, Micros(latencies.Percentile(q.parts_per_thousand)));
  }
  return fmt::format("{{{}\"max\":{}}}", quantiles, Micros(latencies.max()));
}

std::string LatencyLine(const char* title, const Histogram& latencies) {
  std::string line = title;
  for (const Quantile& q : kQuantiles) {
    line += fmt::format("  {} {}", q.name, Millis(latencies.Percentile(q.parts_per_thousand)));
  }
  return line + fmt::format("  max {}\n", Millis(latencies.max()));
}

template <class Key, class Name>
void AddRows(std::string* table, const std::map<Key, std::uint64_t>& counts, Name name) {
  for (const auto& [key, count] : counts)
    *table += fmt::format("  {:<24}{:>12}\n", name(key), count);
}

}  // namespace

bool EsmeResults::ok() const {
  if (idle) return failure.empty() && connections_lost == 0;
  const bool answered_all = failure.empty() && sent > 0 && answered == sent;
  if (!receipts_awaited) return answered_all;
  return answered_all && receipts.complete() && receipts.duplicates() == 0 &&
         receipts.unknown() == 0 && missing_ids == 0 && receipts.repeated_ids() == 0;
}

std::uint64_t EsmeResults::per_second() const {
  const std::uint64_t us = Micros(elapsed);
  return us == 0 ? 0 : answered * 1'000'000 / us;
}

std::string EsmeResults::Table() const {
  std::string t = idle ? fmt::format("binds       {}, lost {}\n", binds, connections_lost) : "";
  t += fmt::format(
      "messages    sent {}, answered {}, unanswered {} ({} with their connection)\n"
      "throughput  {} messages/s over {}\n",
      sent, answered, sent - answered, lost, per_second(), Millis(elapsed));
  t += LatencyLine("latency   ", latencies);
  if (accepted_latencies.count() != 0 && refused_latencies.count() != 0) {
    t += LatencyLine("  accepted", accepted_latencies);
    t += LatencyLine("  refused ", refused_latencies);
  }
  if (overdue != 0) {
    t += fmt::format("overdue     {} messages were due and never sent: all windows were full\n",
                     overdue);
  }
  t += "answers\n";
  AddRows(&t, statuses.All(), StatusText);
  if (receipts_asked) {
    t += fmt::format(
        "receipts    asked {}, came {}, missing {}, duplicates {}, for unknown ids {}, "
        "intermediate {}\n",
        receipts.accepted(), receipts.matched(), receipts.accepted() - receipts.matched(),
        receipts.duplicates(), receipts.unknown(), intermediates);
    AddRows(&t, receipt_states, smpp::StateName);
  }
  if (delivered + strays + missing_ids + receipts.repeated_ids() + connections_lost > 0) {
    t += fmt::format(
        "also        {} messages delivered to us, {} stray PDUs, {} answers without an id, "
        "{} ids given twice, {} connections lost\n",
        delivered, strays, missing_ids, receipts.repeated_ids(), connections_lost);
  }
  if (!failure.empty()) t += "given up    " + failure + "\n";
  return t + (ok() ? "result      ok\n" : "result      FAILED\n");
}

std::string EsmeResults::Json() const {
  std::string states;
  for (const auto& [state, count] : receipt_states) {
    states += fmt::format("{}\"{}\":{}", states.empty() ? "" : ",", smpp::StateName(state), count);
  }
  return fmt::format(
      "{{\"ok\":{},\"sent\":{},\"answered\":{},\"overdue\":{},\"lost\":{},\"messages_per_second\":{"
      "},\"elapsed_"
      "us\":{},"
      "\"latency_us\":{},\"accepted_latency_us\":{},\"refused_latency_us\":{},\"statuses\":{},"
      "\"receipts\":{{\"asked\":{},\"came\":{},"
      "\"duplicates\":{},\"unknown\":{},\"intermediate\":{},\"states\":{{{}}}}},\"delivered\":{},"
      "\"strays\":{},"
      "\"missing_ids\":{},\"repeated_ids\":{},\"connections_lost\":{},\"binds\":{},\"binds_"
      "refused\":{},"
      "\"failure\":\"{}\"}}",
      ok(), sent, answered, overdue, lost, per_second(), Micros(elapsed), MicrosJson(latencies),
      MicrosJson(accepted_latencies), MicrosJson(refused_latencies), statuses.Json(),
      receipts_asked ? receipts.accepted() : 0, receipts.matched(), receipts.duplicates(),
      receipts.unknown(), intermediates, states, delivered, strays, missing_ids,
      receipts.repeated_ids(), connections_lost, binds, binds_refused, failure);
}

}  // namespace hub::load
