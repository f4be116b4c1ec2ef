#include "actors/remote/broker_peer.hpp"

#include "actors/remote/error_codes.hpp"

#include <utility>

namespace troupe::remote {

namespace {

/// Connections on which reads wait. While one of them is left, rounds may be long: it takes whoever comes
/// next.
constexpr std::size_t waiting_slots_max = 8;
constexpr std::int64_t round_ms = 500;
constexpr std::int64_t last_round_ms = 50;
constexpr std::size_t round_max_bytes = 1 * limits::mib;
constexpr std::size_t round_partition_max_bytes = 256 * limits::kib;

} // namespace

void peer_state::start(peer_settings settings) {
  settings_ = std::move(settings);
  appends_ = open_link();
  reads_ = open_link();
}

link_handle peer_state::open_link() {
  auto link = settings_.open(self_->system(), {settings_.server, settings_.options, settings_.attempt,
                                               caf::actor_cast<caf::actor>(self_)});
  self_->monitor(link);
  return link;
}

void peer_state::on_link_up(const link_up& message) {
  if (message.link != appends_ && message.link != reads_)
    return;
  if (++ups_ == 2)
    self_->send(settings_.owner, peer_up{appends_, reads_});
}

void peer_state::fetch(proxied_fetch& message) {
  auto& request = message.request;
  watcher who{{message.partition->id, partition_id{message.partition->partition}}, request.reply_to->id()};
  if (auto kept = watches_.take(who, request)) {
    proxied_reply reply{std::move(message.partition), std::move(request), std::move(*kept)};
    on_reply(reply);
    return;
  }
  read(std::move(message));
}

void peer_state::read(proxied_fetch message) {
  auto call = fetch_call(
      message.partition, message.request,
      [me = peer_actor{self_}, partition = message.partition, request = message.request](fetch_reply reply) {
        caf::anon_send(me, proxied_reply{partition, request, std::move(reply)});
      });
  self_->send(reads_, link_call{std::move(call)});
}

void peer_state::on_reply(proxied_reply& message) {
  auto& [partition, request, reply] = message;
  if (means_other_leader(reply.code))
    self_->send(settings_.owner, metadata_stale{});
  auto waits = reply.code == errc::none && reply.size_bytes < request.wake_below_bytes;
  auto end = reply.high_watermark;
  self_->send(request.reply_to, std::move(reply));
  if (!waits)
    return;
  auto client = request.reply_to->id();
  if (known_clients_.emplace(client, request.reply_to.address()).second)
    self_->monitor(request.reply_to);
  watches_.watch({{partition->id, partition_id{partition->partition}}, client}, partition, request, end);
  begin_rounds();
}

void peer_state::begin_rounds() {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (!slots_[i].busy) {
      begin_round(i, i + 1 == waiting_slots_max);
      return;
    }
  if (slots_.size() < waiting_slots_max) {
    slots_.push_back({open_link(), false});
    begin_round(slots_.size() - 1, slots_.size() == waiting_slots_max);
  }
}

void peer_state::begin_round(std::size_t slot, bool is_last) {
  auto round = ++last_round_;
  auto wanted = watches_.begin(round);
  if (wanted.empty())
    return;
  slots_[slot].busy = true;
  auto call =
      await_call(wanted, is_last ? last_round_ms : round_ms, round_max_bytes, round_partition_max_bytes,
                 [me = peer_actor{self_}, slot, round](result<wire::fetch_response> answer) {
                   caf::anon_send(me, round_over{slot, round, std::move(answer)});
                 });
  self_->send(slots_[slot].link, link_call{std::move(call)});
}

void peer_state::on_round(round_over& message) {
  slots_[message.slot].busy = false;
  for (auto& woken : watches_.end(message.round, message.answer))
    self_->send(woken.to, fetch_wakeup{woken.tag});
  if (watches_.size() > 0)
    begin_rounds();
}

void peer_state::on_down(const caf::down_msg& down) {
  if (known_clients_.erase(down.source.id()) > 0)
    watches_.forget(down.source.id());
  else
    end(down.reason);
}

void peer_state::on_trouble(const link_trouble& message) {
  self_->send(settings_.owner, peer_trouble{message.why});
  end(caf::exit_reason::remote_link_unreachable);
}

// It may be a node that stands still, and others lead.
void peer_state::on_slow() { self_->send(settings_.owner, metadata_stale{}); }

template <class F>
void peer_state::for_each_link(F&& f) {
  f(appends_);
  f(reads_);
  for (auto& slot : slots_)
    f(slot.link);
}

// Whoever monitors stays in memory as long as the one that is monitored, until he says that he is done.
void peer_state::stop_monitoring() {
  for (auto& [id, client] : known_clients_)
    self_->demonitor(client);
  for_each_link([this](auto& link) { self_->demonitor(link.address()); });
}

void peer_state::end(const caf::error& why) {
  stop_monitoring();
  for_each_link([this](auto& link) { self_->send(link, link_close{}); });
  self_->quit(why);
}

void peer_state::abandon(const caf::error& why) {
  stop_monitoring();
  for_each_link([&](auto& link) { self_->send_exit(link, why); });
  self_->quit(why);
}

peer_actor::behavior_type broker_peer(peer_actor::stateful_pointer<peer_state> self, peer_settings settings) {
  auto* state = &self->state;
  self->set_down_handler([state](caf::down_msg& down) { state->on_down(down); });
  self->set_exit_handler([state](caf::exit_msg& message) { state->abandon(message.reason); });
  state->start(std::move(settings));
  return {
      [state](proxied_fetch& m) { state->fetch(m); },
      [state](proxied_reply& m) { state->on_reply(m); },
      [state](round_over& m) { state->on_round(m); },
      [state](const link_up& m) { state->on_link_up(m); },
      [state](const link_trouble& m) { state->on_trouble(m); },
      [state](const link_slow&) { state->on_slow(); },
  };
}

} // namespace troupe::remote
