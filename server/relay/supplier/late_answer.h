// A supplier's answer to a submit that had timed out.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/wire/status.h"
#include "server/base/clock.h"
#include "server/base/message_id.h"
#include "server/base/money.h"
#include "server/store/catalog.h"

namespace hub::relay {

struct LateAnswer {
  MessageId message_id = 0;
  std::uint16_t attempt_no = 0;
  std::int64_t supplier_id = 0;
  store::IdForm id_form = store::IdForm::kAuto;
  bool ours = false;           // the client had its ESME_ROK before (answer = accepted)
  Nano cost;                   // if it took the message
  bool resolves_hold = false;  // the same: see store::AttemptRecord
  smpp::Status status = smpp::Status::ESME_ROK;
  std::string upstream_id;  // as it came
  WallTime timed_out_at{};  // AttemptRecord::ended_at_us
  WallTime at{};
};

}  // namespace hub::relay
