#include "daemon/log.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace waymark::log {

namespace {

// "<4>": what sd-daemon(3) calls the priority of a line.
class Priority : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const char digit = message.level >= spdlog::level::err    ? '3'
                       : message.level == spdlog::level::warn ? '4'
                       : message.level == spdlog::level::info ? '6'
                                                              : '7';
    for (const char c : {'<', digit, '>'}) out.push_back(c);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<Priority>(); }
};

spdlog::logger& logger() {
  static spdlog::logger log = [] {
    spdlog::logger made("waymark", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    if (std::getenv("JOURNAL_STREAM")) {  // journald adds the time itself
      formatter->add_flag<Priority>('*').set_pattern("%*%v");
    } else {
      formatter->set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
    }
    made.set_formatter(std::move(formatter));
    made.flush_on(spdlog::level::trace);
    return made;
  }();
  return log;
}

}  // namespace

void set_level(std::string_view level) { logger().set_level(spdlog::level::from_str(std::string(level))); }

void debug(std::string_view line) { logger().debug("{}", line); }
void info(std::string_view line) { logger().info("{}", line); }
void warning(std::string_view line) { logger().warn("{}", line); }
void error(std::string_view line) { logger().error("{}", line); }

void refusal(std::string_view lines) {
  const char* priority = std::getenv("JOURNAL_STREAM") ? "<3>" : "";
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    fmt::print(stderr, "{}{}\n", priority, lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

}  // namespace waymark::log
