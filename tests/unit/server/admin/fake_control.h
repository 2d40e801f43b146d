// A daemon that answers what a test told it, and remembers what it was asked.
#pragma once

#include "server/admin/control.h"

namespace hub::admin {

class FakeControl : public HubControl {
 public:
  HubStatus Status() override { return status; }
  std::vector<BindInfo> Binds() override { return binds; }
  Answer<std::string> Reload() override {
    if (reload_error.empty()) return std::string("catalog 8, script 3");
    return Err{
        Error{.doing = "reload", .why = reload_error, .place = {}, .sqlstate = {}, .advice = {}}};
  }
  Answer<ExplainResult> Explain(const ExplainRequest& request) override {
    asked = request;
    if (request.client == "acme") return explained;
    return Err{Denial{Code::kNotFound, Error{.doing = "explain",
                                             .why = "there is no client \"" + request.client + "\"",
                                             .place = {},
                                             .sqlstate = {},
                                             .advice = {}}}};
  }
  Answer<ExplainMoResult> ExplainMo(const ExplainMoRequest& request) override {
    asked_mo = request;
    return explained_mo;
  }
  Answer<std::string> Shutdown() override {
    ++shutdowns;
    return std::string("draining");
  }

  HubStatus status;
  std::vector<BindInfo> binds;
  std::string reload_error;
  ExplainResult explained;
  ExplainRequest asked;
  ExplainMoResult explained_mo;
  ExplainMoRequest asked_mo;
  int shutdowns = 0;
};

}  // namespace hub::admin
