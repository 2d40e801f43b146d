// What an operator may ask, answered by the running hub.
#pragma once

#include <functional>

#include "server/admin/control.h"
#include "server/relay/hub.h"

namespace hub {

/// Called on the control socket's thread.
class HubControlImpl final : public admin::HubControl {
 public:
  /// shutdown: begins the drain, any thread.
  HubControlImpl(relay::Hub& hub, std::function<void()> shutdown)
      : hub_(hub), shutdown_(std::move(shutdown)) {}

  admin::HubStatus Status() override;
  std::vector<admin::BindInfo> Binds() override;
  admin::Answer<std::string> Reload() override;
  admin::Answer<admin::ExplainResult> Explain(const admin::ExplainRequest& request) override;
  admin::Answer<admin::ExplainMoResult> ExplainMo(const admin::ExplainMoRequest& request) override;
  admin::Answer<std::string> Shutdown() override;

 private:
  void AddSuppliers(admin::HubStatus& status);
  void AddBypassed(admin::ExplainResult& result);

  relay::Hub& hub_;
  std::function<void()> shutdown_;
  routing::Router router_;  // explain's own: the same engine, none of the loops' VMs
  relay::SnapshotPtr router_uses_;
};

}  // namespace hub
