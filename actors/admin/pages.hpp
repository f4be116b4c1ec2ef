// Makes the pages: metrics, JSON, the dashboard. An actor with a thread of its own, so that a page of thousands of lines
// holds up neither connections nor partitions.
#pragma once

#include "actors/admin/admin_environment.hpp"
#include "actors/admin/http.hpp"
#include "actors/admin/recent_records.hpp"
#include "actors/interface/broker_view.hpp"

#include <map>
#include <memory>

namespace troupe::admin {

/// Answers page_request.
struct page_reply {
  std::uint64_t number = 0;
  http_response response;
};

using page_client = caf::typed_actor<caf::reacts_to<page_reply>>;

/// Asks for a page.
struct page_request {
  std::uint64_t number = 0; ///< the client's own
  http_request what;
  page_client reply_to;
};

/// Comes about once a second: searches that take too long are given up. No alarm of its own: one that is set would keep
/// the actor, and with it the process, until it rings.
struct pages_tick {};

using pages_actor = partition_client::extend<caf::reacts_to<page_request>, caf::reacts_to<view_update>,
                                             caf::reacts_to<pages_tick>>;

class pages_state {
public:
  static inline const char* name = "admin_pages";

  explicit pages_state(pages_actor::pointer self) : self_(self) {}

  void start(admin_environment environment) { environment_ = std::move(environment); }
  void update(const view_update& update) { view_ = update.view; }
  void request(page_request& request);
  void take(fetch_reply& reply);
  void give_up_old_searches();

private:
  struct search {
    recent_records core;
    page_request asked;
    int ticks = 0; ///< so far
  };

  http_response page(const http_request& request) const;
  void start_search(page_request& request, const std::string& topic);
  void advance(std::uint64_t number, search& of);

  pages_actor::pointer self_;
  admin_environment environment_;
  view_ptr view_ = std::make_shared<broker_view>();
  std::map<std::uint64_t, search> searches_;
  std::uint64_t last_search_ = 0;
};

pages_actor::behavior_type pages(pages_actor::stateful_pointer<pages_state> self, admin_environment environment);

} // namespace troupe::admin

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::admin::page_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::admin::page_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::admin::pages_tick)
