// tegata-letter: what `tegata ticket letter` runs. Reads a tickets file, writes documents of so many letters each.
//
// A document is drawn beside its place and then put there, so that whatever ends the program, the same command again
// makes what is missing and nothing twice. `letters.json` in the folder says what it was made from.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "rp/base/json.h"
#include "rp/base/shown_text.h"
#include "rp/host/private_file.h"
#include "rp/host/process.h"
#include "rp/host/public_file.h"
#include "rp/letter/errors.h"
#include "rp/letter/letter.h"

namespace {

using namespace tegata;
namespace fs = std::filesystem;

struct Arguments {
  std::string tickets, directory, format = "both";
  letter::Sender sender;
  std::size_t each = 100;
  bool json = false, progress = false;
};

int fail(const Error& error, bool json) {
  if (json) {
    std::cout << dump_json({{"ok", false}, {"code", error.code().name()}, {"detail", error.detail()}}) << "\n";
  } else {
    std::cerr << "tegata: " << error.code().name() << ": " << error.detail() << "\n";
  }
  return 1;
}

// The file holds passwords.
Result<std::string> read_tickets(const std::string& path) {
  if (path != "-") return host::read_private_file(path, host::largest_file);
  std::ostringstream text;
  text << std::cin.rdbuf();
  return text.str();
}

Status draw_document(const std::string& temporary, const std::string& path, const std::vector<letter::Letter>& part,
                     const letter::Sender& sender) {
  TEGATA_TRY(letter::write_pdf(temporary, part, sender));
  TEGATA_TRY(host::sync_file(temporary));
  if (std::rename(temporary.c_str(), path.c_str()) != 0)
    return Error(errors::letter_not_written, path + ": " + std::strerror(errno));
  return host::sync_file(path);
}

Status write_document(const std::string& path, const std::vector<letter::Letter>& part, const letter::Sender& sender) {
  if (path.ends_with(".html")) {
    TEGATA_ASSIGN(const auto text, letter::html(part, sender));
    return host::write_private_file(path, text, false);
  }
  const auto temporary = path + ".new";
  std::remove(temporary.c_str());
  TEGATA_TRY(host::create_private_file(temporary));
  const auto done = draw_document(temporary, path, part, sender);
  // It holds what opens tickets, and nobody knows that it is there.
  if (!done) std::remove(temporary.c_str());
  return done;
}

// A folder takes letters of one tickets file, cut in one way.
Status claim_folder(const Arguments& arguments, const std::string& tickets) {
  TEGATA_TRY(host::make_private_directory(arguments.directory));
  const auto path = arguments.directory + "/letters.json";
  const auto facts = dump_json({{"tickets_sha256", hex(sha256(tickets))},
                                {"each", arguments.each},
                                {"sender", arguments.sender.name},
                                {"contact", arguments.sender.contact}});
  if (!host::is_there(path)) return host::write_private_file(path, facts, true);
  TEGATA_ASSIGN(const auto there, host::read_private_file(path));
  if (there != facts)
    return Error(errors::letter_tickets_malformed,
                 arguments.directory + " has letters that were made from something else");
  return {};
}

std::string name_of(std::size_t first, std::size_t last) {
  char name[64];
  std::snprintf(name, sizeof name, "letters-%06zu-%06zu", first, last);
  return name;
}

void draw(std::size_t done, std::size_t all) {
  constexpr std::size_t width = 40;
  const auto filled = all == 0 ? width : done * width / all;
  std::cerr << "\r[" << std::string(filled, '#') << std::string(width - filled, ' ') << "] " << done << "/" << all
            << (done == all ? "\n" : "") << std::flush;
}

Result<Json> write_letters(const Arguments& arguments) {
  TEGATA_ASSIGN(const auto text, read_tickets(arguments.tickets));
  TEGATA_ASSIGN(const auto letters, letter::parse_letters(text));
  TEGATA_TRY(claim_folder(arguments, text));
  const bool show = arguments.progress || ::isatty(STDERR_FILENO);
  std::size_t written = 0;
  Json documents = Json::array();
  for (std::size_t at = 0; at < letters.size(); at += arguments.each) {
    if (show) draw(at, letters.size());
    const auto end = std::min(at + arguments.each, letters.size());
    const std::vector<letter::Letter> part(letters.begin() + static_cast<std::ptrdiff_t>(at),
                                           letters.begin() + static_cast<std::ptrdiff_t>(end));
    for (const std::string kind : {"pdf", "html"}) {
      if (arguments.format != "both" && arguments.format != kind) continue;
      const auto path = arguments.directory + "/" + name_of(at + 1, end) + "." + kind;
      documents.push_back(path);
      std::error_code ignored;
      if (fs::exists(path, ignored)) continue;
      TEGATA_TRY(write_document(path, part, arguments.sender));
      ++written;
    }
  }
  if (show) draw(letters.size(), letters.size());
  return Json{{"ok", true}, {"letters", letters.size()}, {"written", written}, {"documents", std::move(documents)}};
}

int run(const Arguments& arguments) {
  const auto answer = write_letters(arguments);
  if (!answer) return fail(answer.error(), arguments.json);
  if (arguments.json) {
    std::cout << dump_json(*answer) << "\n";
  } else {
    std::cout << (*answer)["letters"] << " letters, " << (*answer)["written"] << " documents written to "
              << arguments.directory << "\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  tegata::host::shut_process();
  CLI::App app("Prints the letters of a tickets file: QR and password on separate sheets, English overleaf",
               "tegata ticket letter");
  Arguments arguments;
  app.add_option("TICKETS", arguments.tickets, "what `ticket issue --out` wrote; - for standard input")->required();
  app.add_option("--out", arguments.directory, "folder of the documents")->required();
  app.add_option("--format", arguments.format, "pdf, html or both")
      ->check(CLI::IsMember({"pdf", "html", "both"}))
      ->capture_default_str();
  app.add_option("--each", arguments.each, "letters in one document")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  const auto shown = [](const std::string& text) { return tegata::fault_of_shown_text(text).value_or(""); };
  app.add_option("--sender", arguments.sender.name, "who writes")->check(shown);
  app.add_option("--contact", arguments.sender.contact, "whom to ask")->check(shown);
  app.add_flag("--json", arguments.json, "answer in JSON");
  app.add_flag("--progress", arguments.progress, "show progress although this is no terminal");
  app.footer(
      "Example:\n  tegata ticket letter 2026-11.tickets --out letters --contact '検証用認証局 03-0000-0000'\n"
      "Print double-sided. The same command again goes on where it was ended.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return run(arguments);
}
