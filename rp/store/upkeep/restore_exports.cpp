#include <fstream>

#include "rp/store/audit/export.h"
#include "rp/store/engine/errors.h"
#include "rp/store/upkeep/restore_parts.h"

namespace tegata::store::upkeep {
namespace {

class ExportReader {
 public:
  ExportReader(engine::Connection& connection, const audit::AuditKey& key, const audit::ChainTail& start,
               const LogEnd& end)
      : connection_(connection), key_(key), start_(start), end_(end) {}

  // What is wrong; empty: nothing.
  Result<std::string> take(const audit::AuditRecord& record) {
    const auto named = "record " + std::to_string(record.number);
    if (record.number <= end_.tail.count) return fault_of_known(record, named);
    if (record.number != end_.tail.count + 1) {
      return "records " + std::to_string(end_.tail.count + 1) + " to " + std::to_string(record.number - 1) +
             " are missing: name the exports in their order, without a gap";
    }
    if (record.previous != end_.tail.hash)
      return named + " does not follow what stands before it: it is of another log";
    if (!record.mac) return named + " has no MAC: this export is of a version before they were exported";
    if (!equal_constant_time(*record.mac, key_.mac(record.hash))) return named + " has no right MAC";
    TEGATA_TRY(audit::insert_record(connection_, record, *record.mac));
    end_ = {{record.number, record.hash}, record.at};
    return std::string();
  }
  const LogEnd& end() const { return end_; }

 private:
  Result<std::string> fault_of_known(const audit::AuditRecord& record, const std::string& named) {
    if (record.number <= start_.count) return std::string();
    TEGATA_ASSIGN(const auto held, audit::find_hash(connection_, record.number));
    return held == record.hash ? std::string() : named + " is another one than that of the copy: it is of another log";
  }

  engine::Connection& connection_;
  const audit::AuditKey& key_;
  const audit::ChainTail start_;
  LogEnd end_;
};

Error unusable(const std::string& file, std::int64_t line, const std::string& what) {
  return Error(errors::store_export_unknown, file + ", line " + std::to_string(line) + ": " + what);
}

Error no_export(const std::string& file, const std::string& what) {
  return Error(errors::store_restore_refused, file + ": " + what + ": name a file of `tegata audit export`");
}

// An end of what could be read is no end of the file.
Status verify_read(const std::istream& lines, const std::string& file, std::int64_t records) {
  if (lines.bad()) return no_export(file, "cannot be read to its end");
  if (records == 0) return no_export(file, "there is no record in it");
  return {};
}

}  // namespace

Result<LogEnd> take_export(engine::Connection& connection, const audit::AuditKey& key, const audit::ChainTail& start,
                           const LogEnd& end, const std::string& file) {
  std::ifstream lines(file);
  if (!lines) return no_export(file, "cannot be read");
  ExportReader reader(connection, key, start, end);
  std::int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto record = audit::parse_export_line(line);
    if (!record) {
      const auto& error = record.error();
      return unusable(file, number, error.detail().empty() ? std::string(error.code().name()) : error.detail());
    }
    TEGATA_ASSIGN(const auto fault, reader.take(*record));
    if (!fault.empty()) return unusable(file, number, fault);
  }
  TEGATA_TRY(verify_read(lines, file, number));
  return reader.end();
}

}  // namespace tegata::store::upkeep
