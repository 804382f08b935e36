#include "daemon/server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/stat.h>

#include <thread>

#include "daemon/rows.h"

namespace waymark {

namespace {

// What the library refuses by itself has a status and no body.
const char* sentence_of(int status) {
  switch (status) {
    case 413:
      return "the body is longer than the 65536 bytes that a request may have";
    case 414:
      return "the path and query are too long";
    case 404:
      return "there is no such path; docs/api.md lists them";
    default:
      return status >= 500 ? "the request could not be carried out" : "this is no HTTP request that can be understood";
  }
}

void respond(HttpReply reply, httplib::Response& response) {
  response.status = reply.status;
  if (!reply.stream) return response.set_content(reply.body, reply.type.c_str());
  response.set_chunked_content_provider(reply.type, [stream = reply.stream](size_t, httplib::DataSink& sink) {
    if (!sink.is_writable()) return false;
    const std::optional<std::string> more = stream->next();
    if (!more) {
      sink.done();
      return true;
    }
    return more->empty() || sink.write(more->data(), more->size());
  });
}

HttpReply dispatch(const httplib::Request& request, bool metrics_only, const HttpServer::Handler& handler) {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  const int status = status_of(method, request.path, metrics_only);
  if (status == 404) return refusal(status, sentence_of(status));
  if (status == 405) return refusal(status, fmt::format("{} does not take {}", request.path, request.method));
  HttpRequest handed{method, request.path, {}, request.body};
  // Forms in a body are parameters for the library; for us a POST has a body and no query.
  if (method == "GET") handed.query = {request.params.begin(), request.params.end()};
  return handler(handed);
}

}  // namespace

struct HttpServer::State {
  httplib::Server server;
  std::thread thread;
  std::string socket;  // to be removed at the end; the caller's lock sees to it that it is still ours

  State(bool metrics_only, Handler handler) {
    const auto all = [metrics_only, handler](const httplib::Request& request, httplib::Response& response) {
      respond(dispatch(request, metrics_only, handler), response);
    };
    server.Get(".*", all).Post(".*", all).Put(".*", all).Patch(".*", all).Delete(".*", all).Options(".*", all);
    server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) response.set_content(error_json(sentence_of(response.status)), "application/json");
    });
    server.set_payload_max_length(kMostBody);
    // A daemon that ends waits for its connections: they are short, and nobody holds one open.
    server.set_read_timeout(2);
    server.set_write_timeout(5);
    server.set_keep_alive_max_count(1);
    server.set_keep_alive_timeout(2);
    server.new_task_queue = [] { return new httplib::ThreadPool(8); };
    server.set_tcp_nodelay(true);
  }
  void start() {
    thread = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();  // stop() of a server that does not run yet is lost
  }
};

HttpReply refusal(int status, const std::string& sentence) { return {status, error_json(sentence)}; }

int status_of(std::string_view method, std::string_view path, bool metrics_only) {
  int status = 404;
  for (const ApiPath& known : api_paths()) {
    if (path != known.path || (metrics_only && path != "/metrics" && path != "/health")) continue;
    if (method == known.method) return 200;
    status = 405;
  }
  return status;
}

Result<std::unique_ptr<HttpServer>> HttpServer::on_socket(const std::string& path, Handler handler) {
  auto state = std::make_unique<State>(false, std::move(handler));
  {
    httplib::Client probe(path);
    probe.set_address_family(AF_UNIX);
    if (probe.Get("/v1/status")) return Error{fmt::format("another daemon answers at the socket {}", path)};
  }
  unlink(path.c_str());
  state->server.set_address_family(AF_UNIX);
  state->server.set_socket_options([](socket_t) {});
  const mode_t before = umask(0117);
  const bool bound = state->server.bind_to_port(path, 1);  // of no meaning here, but 0 would have it look for one
  const int error = errno;
  umask(before);
  if (!bound) return Error{fmt::format("cannot listen at the socket {}: {}", path, std::strerror(error))};
  state->socket = path;
  state->start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

Result<std::unique_ptr<HttpServer>> HttpServer::on_address(const std::string& address, Handler handler) {
  auto state = std::make_unique<State>(true, std::move(handler));
  const auto colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  // Not SO_REUSEPORT, the library's choice: two instances would share the port unnoticed.
  state->server.set_socket_options([](socket_t fd) {
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  errno = 0;
  if (colon == address.npos || !state->server.bind_to_port(host, std::atoi(address.c_str() + colon + 1)))
    return Error{fmt::format("cannot listen at {} for /metrics: {}", address, std::strerror(errno))};
  state->start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
  state_->server.stop();
  if (state_->thread.joinable()) state_->thread.join();
  if (!state_->socket.empty()) unlink(state_->socket.c_str());
}

}  // namespace waymark
