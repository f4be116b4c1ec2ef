#pragma once
// librdkafka with owners: the little that the outside test programs share. Mistakes in the set-up end the program.

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace outside {

struct handle_end {
  void operator()(rd_kafka_t* p) const { rd_kafka_destroy(p); }
  void operator()(rd_kafka_topic_t* p) const { rd_kafka_topic_destroy(p); }
  void operator()(rd_kafka_queue_t* p) const { rd_kafka_queue_destroy(p); }
  void operator()(rd_kafka_message_t* p) const { rd_kafka_message_destroy(p); }
};
using client = std::unique_ptr<rd_kafka_t, handle_end>;
using topic = std::unique_ptr<rd_kafka_topic_t, handle_end>;
using queue = std::unique_ptr<rd_kafka_queue_t, handle_end>;
using message = std::unique_ptr<rd_kafka_message_t, handle_end>;

[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(2);
}

/// RDKAFKA_DEBUG=eos,msg,... in the environment makes every client talk.
inline rd_kafka_conf_t* settings(std::initializer_list<std::pair<const char*, std::string>> values) {
  auto* conf = rd_kafka_conf_new();
  char error[512];
  for (const auto& [key, value] : values)
    if (rd_kafka_conf_set(conf, key, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK)
      give_up(error);
  if (const char* debug = std::getenv("RDKAFKA_DEBUG")) {
    rd_kafka_conf_set(conf, "debug", debug, error, sizeof error);
    rd_kafka_conf_set(conf, "log_level", "7", error, sizeof error);
  }
  return conf;
}

/// Takes `conf` over.
inline client make(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
  char error[512];
  client result{rd_kafka_new(type, conf, error, sizeof error)};
  if (!result)
    give_up(error);
  return result;
}

/// `--key value` and bare `--key` after the first word of the command line.
class options {
public:
  options(int argc, char** argv) {
    for (int i = 2; i < argc; ++i) {
      if (std::strncmp(argv[i], "--", 2) != 0)
        give_up(std::string{"unexpected argument: "} + argv[i]);
      std::string key = argv[i] + 2;
      const bool has_value = i + 1 < argc && std::strncmp(argv[i + 1], "--", 2) != 0;
      values_[key] = has_value ? argv[++i] : "";
    }
  }

  bool has(const std::string& key) const { return values_.contains(key); }

  std::string text(const std::string& key, const std::string& fallback) const {
    auto i = values_.find(key);
    return i == values_.end() ? fallback : i->second;
  }

  int64_t number(const std::string& key, int64_t fallback) const {
    auto i = values_.find(key);
    return i == values_.end() ? fallback : std::strtoll(i->second.c_str(), nullptr, 10);
  }

private:
  std::map<std::string, std::string> values_;
};

} // namespace outside
