// The tables drop.def and refusal.def as names and sentences.
#include "server/routing/router.h"

namespace hub::routing {
namespace {

struct DropRow {
  std::string_view name, text;
};
constexpr DropRow kDrops[] = {
    {"none", "it stands"},
#define DROP(name, text) {#name, text},
#include "server/routing/drop.def"
#undef DROP
};

struct RefusalRow {
  std::string_view name, text;
  smpp::Status status;
};
constexpr RefusalRow kRefusals[] = {
    {"none", "routed", smpp::Status::ESME_ROK},
#define REFUSAL(name, status, text) {#name, text, smpp::Status::status},
#include "server/routing/refusal.def"
#undef REFUSAL
};

const DropRow& RowOf(Drop drop) { return kDrops[static_cast<std::size_t>(drop)]; }
const RefusalRow& RowOf(Refusal refusal) { return kRefusals[static_cast<std::size_t>(refusal)]; }

}  // namespace

std::string_view Name(Drop drop) { return RowOf(drop).name; }
std::string_view Text(Drop drop) { return RowOf(drop).text; }
std::string_view Name(Refusal refusal) { return RowOf(refusal).name; }
std::string_view Text(Refusal refusal) { return RowOf(refusal).text; }
smpp::Status DefaultStatus(Refusal refusal) { return RowOf(refusal).status; }

}  // namespace hub::routing
