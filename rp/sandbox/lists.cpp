#include "rp/sandbox/lists.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "rp/base/errors.h"
#include "rp/base/pem.h"
#include "rp/sandbox/test_pki/test_pki.h"

namespace tegata::sandbox {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool is_certificate(const std::string& text) {
  const auto blocks = parse_pem(text);
  return blocks && blocks->size() == 1 && blocks->front().label == "CERTIFICATE";
}

}  // namespace

Status publish_lists(const Layout& layout, Instant now) {
  return test_pki::TestPki::write_lists(layout.file("pki"), now);
}

Status revoke_card(const Layout& layout, const std::string& card, Instant now) {
  const auto named = layout.file("pki/" + card + ".pem");
  const auto text = text_of(std::filesystem::exists(named) ? named : card);
  if (!is_certificate(text)) return Error(errors::internal, card + ": not the name of a card, nor a certificate");
  const auto list = layout.file("pki/revoked.pem");
  const auto revoked = text_of(list);
  if (revoked.find(text) == std::string::npos) write_file(list, revoked + text);
  return publish_lists(layout, now);
}

ListPublisher::ListPublisher(const Layout& layout, const Clock& clock)
    : thread_([this, layout, &clock](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!never_.wait_for(lock, stop, std::chrono::hours(1), [&stop] { return stop.stop_requested(); })) {
          const auto done = publish_lists(layout, clock.now());
          if (!done) std::cerr << "revocation lists: " << done.error().detail() << "\n";
        }
      }) {}

}  // namespace tegata::sandbox
