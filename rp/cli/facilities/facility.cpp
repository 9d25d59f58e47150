#include "rp/cli/facilities/facility.h"

#include <algorithm>

#include "rp/base/shown_text.h"
#include "rp/cli/facilities/common.h"
#include "rp/facility/code.h"
#include "rp/facility/errors.h"

namespace tegata::cli::facilities {
namespace {

namespace e = errors;

Json describe(const store::Facility& facility) {
  return {{"code", facility.code},
          {"name", facility.name},
          {"state", facility.active ? "active" : "suspended"},
          {"provisional", facility.provisional},
          {"profile", facility.profile},
          {"day_cut_off", facility.day_cut_off ? Json(*facility.day_cut_off) : Json(nullptr)},
          {"any_active_certificate", facility.any_active_certificate},
          {"typed_code", facility.typed_code}};
}

bool is_time_of_day(const std::string& text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  return text.size() == 5 && digit(0) && digit(1) && text[2] == ':' && digit(3) && digit(4) &&
         text.substr(0, 2) < "24" && text.substr(3) < "60";
}

Status verify(const store::Facility& facility) {
  const auto malformed = [](const std::string& what) { return Error(e::facility_malformed, what); };
  if (facility.name.empty() || facility.name.size() > 300) return malformed("the name must have 1 to 300 octets");
  if (const auto fault = fault_of_shown_text(facility.name)) return malformed("the name " + *fault);
  if (facility.profile != "standard" && facility.profile != "strict") {
    return malformed("the profile must be standard or strict");
  }
  if (facility.day_cut_off && !is_time_of_day(*facility.day_cut_off)) {
    return malformed("the cut-off must be a time like 20:30");
  }
  return {};
}

store::Facility ordered(store::Facility facility, const FacilityOrder& order) {
  if (order.name) facility.name = *order.name;
  if (order.profile) facility.profile = *order.profile;
  if (order.typed_code) facility.typed_code = *order.typed_code;
  if (order.any_active_certificate) facility.any_active_certificate = *order.any_active_certificate;
  if (order.day_cut_off == "none") {
    facility.day_cut_off.reset();
  } else if (order.day_cut_off) {
    facility.day_cut_off = order.day_cut_off;
  }
  return facility;
}

std::string facility_subject(const std::string& code) { return "facility:" + code; }

Result<Json> state(const practitioners::Operator& by, const std::string& code, const std::string& kind,
                   const std::string& now_is, Json details, store::Transaction& transaction) {
  Json answer = {{"code", code}, {"state", now_is}};
  if (details.contains("ended")) answer["ended"] = details["ended"];
  transaction.audit(facility_event(by, kind, facility_subject(code), std::move(details)));
  return answer;
}

}  // namespace

Result<Json> add_facility(const practitioners::Operator& by, const FacilityOrder& order, bool dry_run) {
  TEGATA_TRY(facility::verify_facility_code(order.code, order.provisional));
  store::Facility facility;
  facility.code = order.code;
  facility.provisional = order.provisional;
  facility = ordered(std::move(facility), order);
  TEGATA_TRY(verify(facility));
  return change(by, dry_run, [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_ASSIGN(const bool added, store::add_facility(transaction, facility));
    if (!added) return Error(e::facility_code_taken, facility.code);
    transaction.audit(facility_event(by, "facility_added", facility_subject(facility.code), describe(facility)));
    return describe(facility);
  });
}

Result<Json> change_facility(const practitioners::Operator& by, const FacilityOrder& order, bool dry_run) {
  return change(by, dry_run, [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_ASSIGN(const auto before, require_facility(transaction, order.code));
    const auto facility = ordered(before, order);
    TEGATA_TRY(verify(facility));
    TEGATA_ASSIGN(const auto ended, store::change_facility(transaction, facility));
    if (!ended) return Error(e::facility_unknown, order.code);
    Json answer = describe(facility);
    transaction.audit(
        facility_event(by, "facility_changed", facility_subject(facility.code),
                       {{"from", describe(before)}, {"to", answer}, {"ended", command::describe_ended(*ended)}}));
    answer["ended"] = command::describe_ended(*ended);
    return answer;
  });
}

Result<Json> list_facilities(const practitioners::Operator& by) {
  return look(by, [](store::Reader& reader) -> Result<Json> {
    TEGATA_ASSIGN(const auto all, store::list_facilities(reader));
    Json out = {{"facilities", Json::array()}};
    for (const auto& facility : all) {
      TEGATA_ASSIGN(const auto clients, store::list_clients(reader, facility.code));
      Json one = describe(facility);
      one["clients"] = Json::array();
      for (const auto& client : clients) one["clients"].push_back(client.client_id);
      out["facilities"].push_back(std::move(one));
    }
    return out;
  });
}

Result<Json> show_facility(const practitioners::Operator& by, const std::string& code) {
  return look(by, [&](store::Reader& reader) -> Result<Json> {
    TEGATA_ASSIGN(const auto facility, require_facility(reader, code));
    Json out = describe(facility);
    TEGATA_ASSIGN(out["former_codes"], store::list_former_codes(reader, code));
    out["clients"] = Json::array();
    TEGATA_ASSIGN(const auto clients, store::list_clients(reader, code));
    for (const auto& client : clients) {
      Json one = describe_client(client);
      TEGATA_ASSIGN(one["certificates"], describe_certificates(reader, client.client_id, by.clock.now()));
      out["clients"].push_back(std::move(one));
    }
    return out;
  });
}

Result<Json> suspend_facility(const practitioners::Operator& by, const std::string& code, const std::string& reason,
                              bool dry_run) {
  return change(
      by, dry_run,
      [&](store::Transaction& transaction) -> Result<Json> {
        TEGATA_TRY(require_facility(transaction, code));
        TEGATA_ASSIGN(const auto ended,
                      store::suspend_facility(transaction, code, std::string(e::facility_suspended.name())));
        if (!ended) return Error(e::facility_state_unchanged, code + " is suspended already");
        return state(by, code, "facility_suspended", "suspended",
                     {{"reason", reason}, {"ended", command::describe_ended(*ended)}}, transaction);
      },
      store::Purpose::take_away);
}

Result<Json> resume_facility(const practitioners::Operator& by, const std::string& code, const std::string& reason,
                             bool dry_run) {
  return change(by, dry_run, [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_TRY(require_facility(transaction, code));
    TEGATA_ASSIGN(const bool resumed, store::resume_facility(transaction, code));
    if (!resumed) return Error(e::facility_state_unchanged, code + " is not suspended");
    return state(by, code, "facility_resumed", "active", {{"reason", reason}}, transaction);
  });
}

Result<Json> change_facility_code(const practitioners::Operator& by, const std::string& from, const std::string& to,
                                  bool provisional, bool dry_run) {
  TEGATA_TRY(facility::verify_facility_code(to, provisional));
  return change(by, dry_run, [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_ASSIGN(auto facility, require_facility(transaction, from));
    TEGATA_ASSIGN(const bool changed, store::change_facility_code(transaction, from, to, provisional));
    if (!changed) return Error(e::facility_code_taken, to);
    facility.code = to;
    facility.provisional = provisional;
    Json out = describe(facility);
    TEGATA_ASSIGN(out["former_codes"], store::list_former_codes(transaction, to));
    transaction.audit(facility_event(by, "facility_code_changed", facility_subject(to), {{"from", from}, {"to", to}}));
    return out;
  });
}

}  // namespace tegata::cli::facilities
