#include "actors/node/logging.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace troupe {

namespace {

constexpr std::string_view separator = ": ";

/// The message as two members of a JSON object: what stands before the first ": " is the component.
class json_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    std::string_view text{message.payload.data(), message.payload.size()};
    auto at = text.find(separator);
    auto component = at == text.npos ? std::string_view{} : text.substr(0, at);
    auto rest = at == text.npos ? text : text.substr(at + separator.size());
    auto json = R"("component":)" + quoted(component) + R"(,"message":)" + quoted(rest);
    out.append(json.data(), json.data() + json.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<json_message>(); }

private:
  static std::string quoted(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
};

} // namespace

void set_up_logging(const config::node_options& options) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  if (options.log_format == "json")
    formatter->add_flag<json_message>('J').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","node":)" + std::to_string(options.node_id)
                             + R"(,"name":")" + options.name + R"(",%J})");
  else
    formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-8l%$ " + options.name + "  %v");
  auto logger = spdlog::stderr_color_mt("troupe");
  logger->set_formatter(std::move(formatter));
  logger->set_level(spdlog::level::from_str(options.log_level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

} // namespace troupe
