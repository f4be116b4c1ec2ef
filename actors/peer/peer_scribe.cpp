#include "actors/peer/peer_scribe.hpp"

#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/stream_impl.hpp>

namespace troupe::peer {

namespace {

namespace network = caf::io::network;

/// CAF's stream reads and writes through this. For CAF, "nothing now" is a success of 0 bytes.
class transport_policy {
public:
  explicit transport_policy(transport_ptr over) : over_(std::move(over)) {}

  network::rw_state read_some(std::size_t& got, network::native_socket, void* to, std::size_t size) {
    return state_of(over_->read(to, size, got));
  }
  network::rw_state write_some(std::size_t& put, network::native_socket, const void* from, std::size_t size) {
    return state_of(over_->write(from, size, put));
  }
  bool must_read_more(network::native_socket, std::size_t) const { return over_->has_pending(); }

private:
  static network::rw_state state_of(io_outcome outcome) {
    return outcome == io_outcome::ended ? network::rw_state::failure : network::rw_state::success;
  }

  transport_ptr over_;
};

class peer_scribe final : public caf::io::scribe {
public:
  peer_scribe(network::default_multiplexer& loop, transport_ptr over)
      : scribe(network::conn_hdl_from_socket(over->descriptor())), over_(std::move(over)),
        stream_(loop, over_->descriptor(), over_) {
    over_->leave_to_handler();
  }

  ~peer_scribe() override { over_->forget_descriptor(); } // the stream closes it, right after this

  void configure_read(caf::io::receive_policy::config wanted) override {
    if (wanted.second > basp_frame_max_bytes) {
      over_->cut();
      return;
    }
    stream_.configure_read(wanted);
    if (!std::exchange(launched_, true))
      stream_.start(this);
  }

  void ack_writes(bool enable) override { stream_.ack_writes(enable); }
  std::vector<char>& wr_buf() override { return stream_.wr_buf(); }
  std::vector<char>& rd_buf() override { return stream_.rd_buf(); }
  void flush() override { stream_.flush(this); }
  std::string addr() const override { return over_->address(); }
  std::uint16_t port() const override { return 1; } // the address has it; 0 would mean that there is no connection
  void add_to_loop() override { stream_.activate(this); }
  void remove_from_loop() override { stream_.passivate(); }

  void graceful_shutdown() override {
    over_->cut();
    stream_.graceful_shutdown();
    detach(&stream_.backend(), false);
  }

private:
  transport_ptr over_;
  network::stream_impl<transport_policy> stream_;
  bool launched_ = false;
};

} // namespace

caf::io::scribe_ptr make_scribe(network::multiplexer& loop, transport_ptr over) {
  return caf::make_counted<peer_scribe>(static_cast<network::default_multiplexer&>(loop), std::move(over));
}

} // namespace troupe::peer
