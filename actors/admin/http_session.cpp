#include "actors/admin/http_session.hpp"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace troupe::admin {

namespace {

namespace http = boost::beast::http;

using request_parser = http::request_parser<http::empty_body>;

std::string_view to_std(boost::beast::string_view text) { return {text.data(), text.size()}; }

} // namespace

http_session::http_session(const clock_port& clock, std::string listener_host, const http_limits& limits)
    : clock_(clock), listener_host_(std::move(listener_host)), limits_(limits), since_ns_(clock.monotonic_ns()),
      moved_ns_(since_ns_) {}

void http_session::receive(std::string_view data) {
  if (last_ || over_)
    return; // it was told that nothing more is read
  in_ += data;
  if (phase_ == phase::idle)
    enter(phase::header);
  if (phase_ == phase::header)
    parse();
  else if (in_.size() > limits_.ahead_max_bytes)
    over_ = true;
}

// A header is small, so that it is read from its beginning each time that more of it has come.
void http_session::parse() {
  request_parser parser;
  parser.header_limit(static_cast<std::uint32_t>(limits_.header_max_bytes));
  boost::system::error_code wrong;
  auto used = parser.put(boost::asio::buffer(in_), wrong);
  if (wrong == http::error::need_more) {
    if (in_.size() >= limits_.header_max_bytes)
      refuse(431, "the request's header is too large");
    return;
  }
  if (wrong == http::error::header_limit) {
    refuse(431, "the request's header is too large");
  } else if (wrong || !parser.is_header_done()) {
    refuse(400, "this is no HTTP request: " + wrong.message());
  } else {
    in_.erase(0, used);
    take_header(parser);
  }
}

template <class Parser>
void http_session::take_header(const Parser& parser) {
  auto& header = parser.get();
  head_ = header.method() == http::verb::head;
  keep_alive_ = header.keep_alive();
  if (!head_ && header.method() != http::verb::get) {
    refuse(405, "only GET and HEAD are answered");
    return;
  }
  if (!parser.is_done()) {
    refuse(413, "a request with a body is not answered");
    return;
  }
  auto hosts = header.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && header.version() > 10)) {
    refuse(400, "a request names one host");
    return;
  }
  if (hosts == 1 && !is_own_host(to_std(header[http::field::host]), listener_host_)) {
    refuse(403, "this host name is not the node's: use its address, or localhost");
    return;
  }
  http_request request;
  request.head = head_;
  if (!parse_target(to_std(header.target()), request)) {
    refuse(400, "the path cannot be read");
    return;
  }
  request_ = std::move(request);
  enter(phase::page);
}

std::optional<http_request> http_session::take_request() { return std::exchange(request_, std::nullopt); }

void http_session::answer(const http_response& response) {
  if (phase_ == phase::page)
    send(response);
}

// What follows a request that made no sense makes none either.
void http_session::refuse(unsigned status, std::string_view why) {
  keep_alive_ = false;
  request_.reset();
  send(refusal(status, why));
}

void http_session::send(const http_response& response) {
  last_ = !keep_alive_;
  if (last_)
    in_.clear();
  out_ = to_bytes(response, head_, keep_alive_, clock_.wall());
  enter(phase::sending);
}

std::string http_session::take_output() { return std::exchange(out_, {}); }

void http_session::sent(std::size_t unsent_bytes) {
  moved_ns_ = clock_.monotonic_ns();
  if (unsent_bytes > 0 || phase_ != phase::sending)
    return;
  enter(phase::idle);
  if (last_ || in_.empty())
    return;
  enter(phase::header);
  parse();
}

void http_session::tick() {
  switch (phase_) {
  case phase::idle:
    over_ = over_ || lasts(last_ ? limits_.stall_ms : limits_.idle_ms, since_ns_);
    break;
  case phase::header:
    if (lasts(limits_.header_ms, since_ns_))
      refuse(408, "the request did not arrive in time");
    break;
  case phase::page:
    if (lasts(limits_.page_ms, since_ns_))
      refuse(504, "the node could not make the page in time");
    break;
  case phase::sending:
    over_ = over_ || lasts(limits_.stall_ms, moved_ns_) || lasts(limits_.answer_ms, since_ns_);
    break;
  }
}

void http_session::enter(phase next) {
  phase_ = next;
  since_ns_ = moved_ns_ = clock_.monotonic_ns();
}

bool http_session::lasts(std::int64_t limit_ms, std::int64_t since_ns) const {
  return clock_.monotonic_ns() - since_ns > limit_ms * ns_per_ms;
}

} // namespace troupe::admin
