#include "rp/server/revocation/fetch.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "enroll/card/errors.h"
#include "rp/base/ascii.h"
#include "rp/host/descriptor.h"
#include "rp/host/public_file.h"
#include "rp/server/config/errors.h"

namespace tegata::server::revocation {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t most_head = 16 * 1024;
constexpr milliseconds look_around{200}, most_for_one_connection{5000};

Error unreachable(const std::string& what) { return Error(errors::revocation_unreachable, what); }
Error system_error(const std::string& what) { return unreachable(what + ": " + std::strerror(errno)); }
Error too_large(std::size_t size) { return Error(errors::card_revocation_too_large, std::to_string(size)); }

using host::Descriptor;

// How long an exchange may go on.
class Patience {
 public:
  Patience(const Clock& clock, milliseconds deadline, const std::function<bool()>& stopping)
      : clock_(clock), end_(clock.monotonic() + deadline), stopping_(stopping) {}
  // No longer than the whole: one address that swallows everything leaves time for the next.
  Patience part(milliseconds most) const { return {clock_, std::min(most, end_ - clock_.monotonic()), stopping_}; }

  // Until the socket is ready for `events`.
  Status wait(int descriptor, short events) const {
    for (;;) {
      if (stopping_()) return unreachable("the server is stopping");
      const milliseconds left = end_ - clock_.monotonic();
      if (left.count() <= 0) return unreachable("no whole answer within the time");
      pollfd watched{descriptor, events, 0};
      const int ready = ::poll(&watched, 1, static_cast<int>(std::min(left, look_around).count()));
      if (ready > 0) return {};
      if (ready < 0 && errno != EINTR) return system_error("poll");
    }
  }

 private:
  const Clock& clock_;
  const milliseconds end_;
  const std::function<bool()>& stopping_;
};

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Result<Descriptor> connect_to(const addrinfo& place, const Patience& patience) {
  Descriptor socket(::socket(place.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return system_error("socket");
  if (::connect(socket.get(), place.ai_addr, place.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return system_error("connect");
  TEGATA_TRY(patience.wait(socket.get(), POLLOUT));
  int failed = 0;
  socklen_t size = sizeof failed;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failed, &size);
  errno = failed;
  if (failed != 0) return system_error("connect");
  return socket;
}

Result<Descriptor> connect(const HttpAddress& address, const Patience& patience) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &wanted, &found);
  if (failed != 0) return unreachable(address.host + ": " + ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, FreeAddresses> places(found);
  Result<Descriptor> last = unreachable(address.host + ": no address");
  for (const addrinfo* place = found; place; place = place->ai_next) {
    last = connect_to(*place, patience.part(most_for_one_connection));
    if (last) return last;
  }
  return last;
}

Status send_request(int socket, const HttpAddress& address, const Patience& patience) {
  const std::string text = "GET " + address.target + " HTTP/1.0\r\nHost: " + address.authority +
                           "\r\nAccept: */*\r\nUser-Agent: tegata\r\nConnection: close\r\n\r\n";
  for (std::size_t sent = 0; sent < text.size();) {
    TEGATA_TRY(patience.wait(socket, POLLOUT));
    const ssize_t done = ::send(socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (done < 0 && errno != EAGAIN && errno != EINTR) return system_error("send");
    if (done > 0) sent += static_cast<std::size_t>(done);
  }
  return {};
}

struct Head {
  std::size_t size = 0;  // with the empty line
  std::optional<std::size_t> length;
};

Result<std::size_t> parse_length(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  std::size_t length = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (failed != std::errc() || end != text.data() + text.size() || text.empty()) return unreachable("Content-Length");
  return length;
}

// `text`: status line and header lines, without the empty line.
Result<Head> parse_head(std::string_view text) {
  const bool is_http = text.starts_with("HTTP/1.") && text.size() >= 12 && text[8] == ' ';
  if (!is_http) return unreachable("no HTTP answer");
  if (text.substr(9, 3) != "200") return unreachable("status " + std::string(text.substr(9, 3)));
  Head head;
  for (std::size_t at = text.find("\r\n"); at != std::string_view::npos; at = text.find("\r\n", at + 2)) {
    const auto line = text.substr(at + 2, text.find("\r\n", at + 2) - at - 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return unreachable("a header line without a colon");
    const auto name = ascii_lower(std::string(line.substr(0, colon)));
    if (name == "transfer-encoding" || name == "content-encoding") return unreachable(name);
    if (name != "content-length") continue;
    if (head.length) return unreachable("Content-Length twice");
    TEGATA_ASSIGN(head.length, parse_length(line.substr(colon + 1)));
  }
  return head;
}

// An answer as it grows.
class Answer {
 public:
  explicit Answer(std::size_t most) : most_(most) {}

  // Whether nothing more is needed.
  Result<bool> add(ByteView block) {
    received_.insert(received_.end(), block.begin(), block.end());
    if (!head_) TEGATA_TRY(look_for_head());
    if (!head_) return false;
    const std::size_t body = received_.size() - head_->size;
    if (body > most_ || head_->length.value_or(0) > most_) return too_large(std::max(body, head_->length.value_or(0)));
    return head_->length && body >= *head_->length;
  }
  // The body, once the peer has closed or enough has come.
  Result<Bytes> finish() {
    if (!head_) return unreachable("closed before the end of the header");
    received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(head_->size));
    if (head_->length && received_.size() != *head_->length) return unreachable("not as long as announced");
    return std::move(received_);
  }

 private:
  Status look_for_head() {
    const auto text = as_text(received_);
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos || end > most_head) {
      if (received_.size() > most_head) return unreachable("a header too large");
      return {};
    }
    TEGATA_ASSIGN(auto head, parse_head(text.substr(0, end)));
    head.size = end + 4;
    head_ = head;
    return {};
  }

  const std::size_t most_;
  Bytes received_;
  std::optional<Head> head_;
};

Result<Bytes> receive(int socket, const Patience& patience, std::size_t most) {
  Answer answer(most);
  std::array<std::uint8_t, 64 * 1024> block;
  for (;;) {
    TEGATA_TRY(patience.wait(socket, POLLIN));
    const ssize_t got = ::recv(socket, block.data(), block.size(), 0);
    if (got == 0) return answer.finish();
    if (got < 0 && errno != EAGAIN && errno != EINTR) return system_error("recv");
    if (got < 0) continue;
    TEGATA_ASSIGN(const bool enough, answer.add(ByteView(block.data(), static_cast<std::size_t>(got))));
    if (enough) return answer.finish();
  }
}

Result<Bytes> fetch_file(const std::string& address, std::size_t most) {
  const auto path = address.starts_with("file:///") ? address.substr(7) : address.substr(5);
  const auto text = host::read_public_file(path, most);
  if (!text) return unreachable(text.error().detail());
  return to_bytes(as_bytes(*text));
}

}  // namespace

std::optional<HttpAddress> parse_http_address(const std::string& address) {
  constexpr std::string_view scheme = "http://";
  const auto unusual = [](char c) { return c <= ' ' || c > '~' || c == '@' || c == '#'; };
  if (!address.starts_with(scheme) || std::ranges::any_of(address, unusual)) return std::nullopt;
  HttpAddress out;
  const auto slash = address.find('/', scheme.size());
  out.authority = address.substr(scheme.size(), slash == std::string::npos ? slash : slash - scheme.size());
  out.target = slash == std::string::npos ? "/" : address.substr(slash);
  const bool six = out.authority.starts_with('[');
  const auto colon = out.authority.find(':', six ? out.authority.find(']') : 0);
  out.host = out.authority.substr(0, colon);
  if (colon != std::string::npos) out.port = out.authority.substr(colon + 1);
  if (six && (out.host.size() < 3 || !out.host.ends_with(']'))) return std::nullopt;
  if (six) out.host = out.host.substr(1, out.host.size() - 2);
  const bool digits = std::ranges::all_of(out.port, [](char c) { return c >= '0' && c <= '9'; });
  if (out.host.empty() || out.port.empty() || out.port.size() > 5 || !digits) return std::nullopt;
  return out;
}

Result<Bytes> fetch(const std::string& address, const FetchLimits& limits, const Clock& clock,
                    const std::function<bool()>& stopping) {
  if (address.starts_with("file:/")) return fetch_file(address, limits.most);
  const auto parts = parse_http_address(address);
  if (!parts) return unreachable("not an address");
  const Patience patience(clock, limits.deadline, stopping);
  TEGATA_ASSIGN(const auto socket, connect(*parts, patience));
  TEGATA_TRY(send_request(socket.get(), *parts, patience));
  return receive(socket.get(), patience, limits.most);
}

}  // namespace tegata::server::revocation
