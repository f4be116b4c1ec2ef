#include "actors/remote/remote_cluster.hpp"

#include "actors/remote/gateway.hpp"

namespace troupe::remote {

class remote_cluster::parts {
public:
  parts(caf::actor_system& system, remote_options options) {
    gateway_settings settings;
    if (auto good = check(options); !good)
      wrong_ = good.error();
    else if (!system.has_middleman())
      wrong_ = {errc::invalid_argument,
                "connections need an actor system that has loaded caf::io::middleman"};
    if (wrong_.code == errc::none) { // else it knows nobody, and only waits for its end
      for (auto& text : options.servers)
        settings.servers.push_back(*server_address::parse(text));
      settings.options = std::move(options);
    }
    settings.report = report_;
    gateway_ = system.spawn(gateway, std::move(settings));
    access_ = {gateway_, gateway_, gateway_};
  }

  ~parts() { caf::anon_send_exit(gateway_, caf::exit_reason::user_shutdown); }

  result<void> wait(std::chrono::milliseconds timeout) {
    if (wrong_.code != errc::none)
      return tl::unexpected<error>(wrong_);
    if (report_->wait_until_ready(timeout))
      return {};
    auto trouble = report_->trouble();
    return fail(errc::timed_out, trouble.empty() ? "the cluster does not answer" : trouble);
  }

  const cluster_access& access() const { return access_; }

private:
  error wrong_;
  std::shared_ptr<gateway_report> report_ = std::make_shared<gateway_report>();
  gateway_actor gateway_;
  cluster_access access_;
};

remote_cluster::remote_cluster(caf::actor_system& system, remote_options options)
    : parts_(std::make_unique<parts>(system, std::move(options))) {}

remote_cluster::~remote_cluster() = default;

result<void> remote_cluster::wait(std::chrono::milliseconds timeout) { return parts_->wait(timeout); }

const cluster_access& remote_cluster::access() const { return parts_->access(); }

} // namespace troupe::remote
