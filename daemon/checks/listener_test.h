// A server for tests: answers each connection with the same bytes, by TLS where it has a certificate.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <mutex>
#include <string>
#include <thread>

#include "base/address_text.h"
#include "daemon/sockaddr.h"

namespace waymark {

// Self-signed, for the given subjectAltName: "DNS:web.example,IP:10.77.0.2". Written to `path` as well.
class Certificate {
 public:
  Certificate(const std::string& names, const std::string& path) : key_(EVP_EC_gen("P-256")), cert_(X509_new()) {
    X509_set_version(cert_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert_), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert_), 86400);
    X509_set_pubkey(cert_, key_);
    X509_NAME* name = X509_get_subject_name(cert_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(cert_, name);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(cert_, extension, -1);
    X509_EXTENSION_free(extension);
    EXPECT_GT(X509_sign(cert_, key_, EVP_sha256()), 0);
    FILE* file = std::fopen(path.c_str(), "w");
    PEM_write_X509(file, cert_);
    std::fclose(file);
  }
  ~Certificate() {
    X509_free(cert_);
    EVP_PKEY_free(key_);
  }
  Certificate(const Certificate&) = delete;

  EVP_PKEY* key() const { return key_; }
  X509* cert() const { return cert_; }

 private:
  EVP_PKEY* key_;
  X509* cert_;
};

class Listener {
 public:
  // In the current network namespace. `hold`: nothing is said until the client goes.
  Listener(const std::string& address, std::string answer, const Certificate* certificate = nullptr, bool hold = false,
           u16 port = 0, int most_tls = 0)
      : answer_(std::move(answer)), hold_(hold) {
    SocketAddress at(*parse_address(address), port);
    listening_ = socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    EXPECT_EQ(bind(listening_, at.get(), at.size()), 0) << address;
    EXPECT_EQ(listen(listening_, 16), 0);
    port_ = SocketAddress::of(listening_).port();
    if (certificate) {
      context_ = SSL_CTX_new(TLS_server_method());
      SSL_CTX_use_certificate(context_, certificate->cert());
      SSL_CTX_use_PrivateKey(context_, certificate->key());
      if (most_tls) {
        SSL_CTX_set_security_level(context_, 0);
        SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context_, most_tls);
      }
    }
    thread_ = std::thread([this] {
      for (int client; (client = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; close(client))
        serve(client);
    });
  }
  ~Listener() {
    shutdown(listening_, SHUT_RDWR);
    thread_.join();
    close(listening_);
    SSL_CTX_free(context_);
  }
  Listener(const Listener&) = delete;

  u16 port() const { return port_; }
  std::string request() {
    const std::lock_guard guard(mutex_);
    return request_;
  }
  std::string server_name() {
    const std::lock_guard guard(mutex_);
    return server_name_;
  }

 private:
  void serve(int client) {
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    SSL* ssl = context_ ? SSL_new(context_) : nullptr;
    if (ssl) SSL_set_fd(ssl, client);
    if (!ssl || SSL_accept(ssl) == 1) {
      const char* name = ssl ? SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) : nullptr;
      std::string got;
      char bytes[1024];
      while (hold_ || got.find("\r\n\r\n") == got.npos) {
        const ssize_t n = ssl ? SSL_read(ssl, bytes, sizeof bytes) : recv(client, bytes, sizeof bytes, 0);
        if (n <= 0) break;
        got.append(bytes, std::size_t(n));
      }
      {
        const std::lock_guard guard(mutex_);
        request_ = got;
        server_name_ = name ? name : "";
      }
      if (!hold_ && !answer_.empty()) {
        if (ssl)
          SSL_write(ssl, answer_.data(), int(answer_.size()));
        else
          send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      }
    }
    SSL_free(ssl);
  }

  const std::string answer_;
  const bool hold_;
  int listening_ = -1;
  u16 port_ = 0;
  SSL_CTX* context_ = nullptr;
  std::mutex mutex_;
  std::string request_, server_name_;
  std::thread thread_;
};

}  // namespace waymark
