// The relay's own steps over one message: view, count, splice, read and rewrite a receipt, match
// its id.
#include <benchmark/benchmark.h>

#include "protocol/pdu/answer.h"
#include "protocol/pdu/any_pdu.h"
#include "protocol/pdu/message_edits.h"
#include "protocol/receipt/id_form.h"
#include "protocol/receipt/rewrite.h"
#include "protocol/text/segments.h"

namespace smpp {
namespace {

using Octets = std::vector<std::uint8_t>;

/// About 200 octets, as the hub's measurements use: 120 of text, one TLV.
Octets Submit() {
  static const std::string text(120, 'x');
  static const Octets tlvs = {0x02, 0x04, 0x00, 0x02, 0x00, 0x07};
  return Encode(SubmitSm{.source_addr_ton = 5,
                         .source_addr = "ACME",
                         .dest_addr_ton = 1,
                         .dest_addr_npi = 1,
                         .destination_addr = "447700900123",
                         .registered_delivery = 1,
                         .short_message = AsBytes(text),
                         .tlvs = tlvs},
                Status::ESME_ROK, 7);
}

Octets Receipt200() {
  static const std::string text =
      "id:0123456789 sub:001 dlvrd:001 submit date:2501021530 done date:2501021531 stat:DELIVRD "
      "err:000 text:Hello";
  static const Octets tlvs = {0x00, 0x1E, 0x00, 0x0B, '0',  '1',  '2',  '3',  '4',  '5',
                              '6',  '7',  '8',  '9',  0x00, 0x04, 0x27, 0x00, 0x01, 0x02};
  return Encode(DeliverSm{.source_addr = "447700900123",
                          .destination_addr = "ACME",
                          .esm_class = 0x04,
                          .short_message = AsBytes(text),
                          .tlvs = tlvs},
                Status::ESME_ROK, 7);
}

void BM_ViewSubmitSm(benchmark::State& state) {
  const Octets pdu = Submit();
  MessageView view;
  for (auto _ : state) benchmark::DoNotOptimize(ViewMessage(CommandId::submit_sm, pdu, view));
}
BENCHMARK(BM_ViewSubmitSm);

void BM_ViewSubmitSmByResult(benchmark::State& state) {
  const Octets pdu = Submit();
  for (auto _ : state) benchmark::DoNotOptimize(ViewMessage(CommandId::submit_sm, pdu));
}
BENCHMARK(BM_ViewSubmitSmByResult);

void BM_DecodeSubmitSm(benchmark::State& state) {
  const Octets pdu = Submit();
  for (auto _ : state)
    benchmark::DoNotOptimize(Decode<SubmitSm>(Bytes(pdu).subspan(kHeaderOctets)));
}
BENCHMARK(BM_DecodeSubmitSm);

void BM_EncodeSubmitSmIntoBuffer(benchmark::State& state) {
  const Octets pdu = Submit();
  const SubmitSm message = Decode<SubmitSm>(Bytes(pdu).subspan(kHeaderOctets)).value();
  Octets out(512);
  for (auto _ : state) benchmark::DoNotOptimize(EncodeInto(out, message, Status::ESME_ROK, 9));
}
BENCHMARK(BM_EncodeSubmitSmIntoBuffer);

void BM_SegmentCount(benchmark::State& state) {
  const Octets pdu = Submit();
  const MessageView view = ViewMessage(CommandId::submit_sm, pdu).value();
  for (auto _ : state) benchmark::DoNotOptimize(SegmentCount(view));
}
BENCHMARK(BM_SegmentCount);

void BM_SpliceSourceIntoPieces(benchmark::State& state) {
  const Octets pdu = Submit();
  const MessageView view = ViewMessage(CommandId::submit_sm, pdu).value();
  std::array<Bytes, Splice::kPiecesMax> pieces;
  for (auto _ : state) {
    Splice splice(pdu);
    benchmark::DoNotOptimize(SetSource(splice, view, 1, 1, "447700900999"));
    benchmark::DoNotOptimize(splice.Pieces(pieces));
  }
}
BENCHMARK(BM_SpliceSourceIntoPieces);

void BM_WriteSubmitAnswer(benchmark::State& state) {
  Octets out(kAnswerOctetsMax);
  for (auto _ : state) {
    benchmark::DoNotOptimize(WriteMessageIdAnswer(out.data(), CommandId::submit_sm_resp,
                                                  Status::ESME_ROK, 7, "7261234567890123456"));
  }
}
BENCHMARK(BM_WriteSubmitAnswer);

void BM_ViewAndReadReceipt(benchmark::State& state) {
  const Octets pdu = Receipt200();
  MessageView view;
  for (auto _ : state) {
    benchmark::DoNotOptimize(ViewMessage(CommandId::deliver_sm, pdu, view));
    benchmark::DoNotOptimize(ReadReceipt(view));
  }
}
BENCHMARK(BM_ViewAndReadReceipt);

void BM_RewriteReceiptIntoBuffer(benchmark::State& state) {
  const Octets pdu = Receipt200();
  const MessageView view = ViewMessage(CommandId::deliver_sm, pdu).value();
  const Receipt receipt = ReadReceipt(view);
  Octets out(512);
  for (auto _ : state) {
    Splice splice(pdu);
    benchmark::DoNotOptimize(
        PlanReceiptRewrite(view, receipt, {.message_id = "7261234567890123456"}, splice));
    benchmark::DoNotOptimize(splice.Apply(out));
  }
}
BENCHMARK(BM_RewriteReceiptIntoBuffer);

void BM_ReceiptIdCandidatesAuto(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(ReceiptIdCandidates(IdProfile::automatic, "0972660181"));
}
BENCHMARK(BM_ReceiptIdCandidatesAuto);

}  // namespace
}  // namespace smpp
