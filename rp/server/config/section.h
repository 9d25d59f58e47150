// Reading one table of the configuration file; for rp/server/config/config.cpp.
#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rp/base/result.h"
#include "rp/base/shown_text.h"
#include "rp/server/config/errors.h"

namespace tegata::server::config {

// One table of the file. Remembers the first thing that was wrong and which keys were asked for; what nobody asked
// for is unknown.
class Section {
 public:
  Section(const toml::table* table, std::string name, std::string file)
      : table_(table), name_(std::move(name)), file_(std::move(file)) {}

  template <typename T>
  void optional(const char* key, T& out) {
    asked_.insert(key);
    const auto* node = table_ ? table_->get(key) : nullptr;
    if (!node) return;
    if (const auto value = node->value_exact<T>()) {
      out = *value;
    } else {
      fail(key, "has the wrong kind of value");
    }
  }

  void required(const char* key, std::string& out) {
    optional(key, out);
    if (out.empty()) fail(key, "is missing or empty");
  }

  // A text that people are shown; it was read before.
  void shown(const char* key, const std::string& text) {
    if (const auto fault = fault_of_shown_text(text)) fail(key, *fault);
  }

  bool has(const char* key) const { return table_ && table_->contains(key); }

  void number(const char* key, std::int64_t& out, std::int64_t least, std::int64_t most) {
    optional(key, out);
    if (out < least || out > most) {
      fail(key, "must lie between " + std::to_string(least) + " and " + std::to_string(most));
    }
  }

  void strings(const char* key, std::vector<std::string>& out) {
    asked_.insert(key);
    const auto* node = table_ ? table_->get(key) : nullptr;
    if (!node) return;
    const auto* array = node->as_array();
    if (!array) return fail(key, "must be an array of strings");
    out.clear();
    for (const auto& element : *array) {
      const auto text = element.value_exact<std::string>();
      if (!text) return fail(key, "must be an array of strings");
      out.push_back(*text);
    }
  }

  // A path, made absolute at the file's folder.
  void path(const char* key, std::string& out) {
    required(key, out);
    out = resolve(out);
  }

  std::string resolve(const std::string& path) const {
    if (path.empty()) return path;
    return (std::filesystem::absolute(file_).parent_path() / path).lexically_normal().string();
  }

  Section sub(const char* key) {
    asked_.insert(key);
    const auto* node = table_ ? table_->get(key) : nullptr;
    if (node && !node->is_table()) fail(key, "must be a table");
    return {node ? node->as_table() : nullptr, name_ + key + ".", file_};
  }

  std::vector<Section> list(const char* key) {
    asked_.insert(key);
    std::vector<Section> sections;
    const auto* node = table_ ? table_->get(key) : nullptr;
    const auto* array = node ? node->as_array() : nullptr;
    if (node && !array) fail(key, "must be an array of tables");
    for (std::size_t i = 0; array && i < array->size(); ++i) {
      const auto name = name_ + key + "[" + std::to_string(i) + "].";
      if (!array->get(i)->is_table()) fail(key, "must be an array of tables");
      sections.emplace_back(array->get(i)->as_table(), name, file_);
    }
    return sections;
  }

  void fail(const std::string& key, const std::string& what) {
    if (wrong_.empty()) wrong_ = file_ + ": " + name_ + key + " " + what;
  }

  // Called when everything was asked for.
  Status finish() {
    for (auto it = table_ ? table_->begin() : toml::const_table_iterator{}; table_ && it != table_->end(); ++it) {
      const std::string key{it->first.str()};
      if (!asked_.contains(key)) fail(key, "is not a known key");
    }
    if (!wrong_.empty()) return Error(errors::config_invalid, wrong_);
    return {};
  }

 private:
  const toml::table* table_;
  std::string name_, file_, wrong_;
  std::set<std::string> asked_;
};

template <typename Duration>
void duration(Section& section, const char* key, Duration& out, std::int64_t most) {
  std::int64_t count = out.count();
  section.number(key, count, 1, most);
  out = Duration(count);
}

}  // namespace tegata::server::config
