#include "daemon/http.h"

#include <atomic>

#include "daemon/rows.h"

namespace waymark {

BodyQueue::BodyQueue(std::size_t most_bytes, std::function<void()> gone)
    : most_(most_bytes), on_gone_(std::move(gone)) {}

bool BodyQueue::push(std::string_view bytes) {
  const std::lock_guard guard(mutex_);
  if (gone_ || ended_ || bytes_.size() + bytes.size() > most_) return false;
  bytes_ += bytes;
  if (wake_) wake_();
  return true;
}

void BodyQueue::end() {
  const std::lock_guard guard(mutex_);
  ended_ = true;
  if (wake_) wake_();
}

bool BodyQueue::gone() const {
  const std::lock_guard guard(mutex_);
  return gone_;
}

BodyQueue::Taken BodyQueue::take() {
  const std::lock_guard guard(mutex_);
  return {std::exchange(bytes_, {}), ended_};
}

void BodyQueue::attach(std::function<void()> wake) {
  const std::lock_guard guard(mutex_);
  wake_ = std::move(wake);
}

void BodyQueue::leave() {
  std::function<void()> tell;
  {
    const std::lock_guard guard(mutex_);
    gone_ = true;
    wake_ = {};
    bytes_ = {};
    tell = std::exchange(on_gone_, {});
  }
  if (tell) tell();
}

HttpReply refusal(int status, const std::string& sentence) { return {status, error_json(sentence)}; }
HttpReply too_busy(const std::string& sentence) {
  HttpReply reply = refusal(503, sentence);
  reply.busy = true;
  return reply;
}

struct Respond::Once {
  std::function<void(HttpReply)> deliver;
  std::atomic<bool> done{false};

  void operator()(HttpReply reply) {
    if (!done.exchange(true)) return deliver(std::move(reply));
    if (reply.stream) reply.stream->leave();
  }
  ~Once() {
    if (!done)
      deliver(too_busy("the daemon could not answer: it is ending, or this request failed; its log says more"));
  }
};

Respond::Respond(std::function<void(HttpReply)> deliver) : once_(new Once{std::move(deliver)}) {}
void Respond::operator()(HttpReply reply) const { (*once_)(std::move(reply)); }

std::string unescape(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += char(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

QueryText query_of(std::string_view text) {
  QueryText query;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('&', at), text.size());
    const std::string_view pair = text.substr(at, end - at);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty())
      query.emplace(unescape(pair.substr(0, equals)), unescape(pair.substr(std::min(equals + 1, pair.size()))));
    at = end + 1;
  }
  return query;
}

int status_of(std::string_view method, std::string_view path, Serves serves) {
  if (serves != Serves::api && path != "/health" && (serves == Serves::health || path != "/metrics")) return 404;
  int status = 404;
  for (const ApiPath& known : api_paths()) {
    if (path != known.path) continue;
    if (method == known.method) return 200;
    status = 405;
  }
  return status;
}

}  // namespace waymark
