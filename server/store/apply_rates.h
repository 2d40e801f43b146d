// The rates of one deck, as timelines. Internal to apply*.cc.
//
//   stored      |--- 0.020 ------------------------------>          described: 0.021 from now on
//   becomes     |--- 0.020 ---|now                                  what was in force stays as it was
//                             |--- 0.021 ----------------->
#pragma once

#include "server/store/apply_row.h"

namespace hub::store {

/// Brings the rates described into the deck. Keys that are not described keep their rows.
Outcome<Done> ApplyRates(Pg& pg, const DeckEntry& entry, const std::string& deck_id,
                         ApplyReport* report);

}  // namespace hub::store
