// What a message costs the hub on its way into PostgreSQL, without PostgreSQL: its records framed by a loop, then read, sorted
// into a batch and made rows by the settling thread.
#include <benchmark/benchmark.h>

#include <cstring>

#include "server/store/batch.h"
#include "server/store/records.h"

namespace hub {
namespace {

using namespace store;
using journal::FrameBuffer;
using journal::kFrameHeaderOctets;

constexpr std::size_t kMessages = 300;  // of a batch: 1,800 records, in a buffer that is kept

// As a relayed message leaves them: handed over, accepted, its receipt in and out.
void EncodeMessage(MessageId id, FrameBuffer* to) {
  static const std::vector<std::uint8_t> pdu(180, 7);
  HandedRecord handed;
  handed.message_id = id;
  handed.supplier_id = 3;
  handed.source_addr = "ACME";
  handed.destination_addr = "447700900123";
  Encode(handed, to);
  AttemptRecord attempt;
  attempt.message_id = id;
  attempt.supplier_id = 3;
  attempt.result = AttemptResult::kAccepted;
  attempt.upstream_id = attempt.upstream_key = "1234567890";
  attempt.sent_at_us = attempt.ended_at_us = 1'795'176'000'123'456;
  attempt.rate = attempt.cost = {12'000'000};
  Encode(attempt, to);
  MessageRecord message;
  message.message_id = id;
  message.client_id = 1;
  message.account_id = 1 + static_cast<std::int64_t>(id % 20);
  message.network_id = 4;
  message.source_addr = "ACME";
  message.destination_addr = "447700900123";
  message.message_class = "transactional";
  message.rate = message.amount = {20'000'000};
  message.accepted_at_us = 1'795'176'000'123'456;
  message.supplier_id = 3;
  message.decision = "beta 0.021 taken; alpha no_rate";
  Encode(message, to);
  OutcomeRecord outcome;
  outcome.message_id = id;
  outcome.supplier_id = 3;
  outcome.message_state = 2;
  outcome.error = "000";
  Encode(outcome, to);
  ReceiptRecord receipt;
  receipt.receipt_id = id + 1;
  receipt.message_id = id;
  receipt.client_id = 1;
  receipt.is_final = true;
  receipt.pdu = pdu;
  Encode(receipt, to);
  ReceiptEndRecord end;
  end.receipt_id = id + 1;
  end.message_id = id;
  end.is_final = true;
  Encode(end, to);
}

void EncodeBatch(FrameBuffer* to) {
  for (std::size_t i = 0; i < kMessages; ++i)
    EncodeMessage((std::uint64_t{400'000'000} << 22) + i * 2, to);
}

void BM_FrameRecordsOfAMessage(benchmark::State& state) {
  FrameBuffer frames;
  for (auto _ : state) {
    frames.Clear();
    EncodeBatch(&frames);
    benchmark::DoNotOptimize(frames.octets().data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMessages));
}
BENCHMARK(BM_FrameRecordsOfAMessage);

void BM_BatchRecordsOfAMessage(benchmark::State& state) {
  FrameBuffer frames;
  EncodeBatch(&frames);
  Batch batch(1, "00000000-0000-4000-8000-000000000001");
  for (auto _ : state) {
    batch.Begin(1, 0);
    Bytes rest = frames.octets();
    while (!rest.empty()) {
      std::uint32_t length = 0;  // of kind and payload
      std::memcpy(&length, rest.data(), sizeof length);
      const std::size_t size = kFrameHeaderOctets - 1 + length;
      DecodeAny(rest[kFrameHeaderOctets - 1], rest.subspan(kFrameHeaderOctets, length - 1),
                [&](const auto& record) { batch.Add(record); });
      rest = rest.subspan(size);
    }
    batch.End(frames.octets().size());
    benchmark::DoNotOptimize(batch.records());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMessages));
}
BENCHMARK(BM_BatchRecordsOfAMessage);

}  // namespace
}  // namespace hub
