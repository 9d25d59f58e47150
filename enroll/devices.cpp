#include "enroll/devices.h"

#include "enroll/approval.h"
#include "enroll/errors.h"
#include "enroll/proof.h"
#include "enroll/sign_in.h"
#include "enroll/ticket_rules.h"
#include "rp/store/phones.h"

namespace tegata::enroll {
namespace {

namespace e = errors;

constexpr std::int64_t shown_events = 30;

std::string session_actor(const store::Session& session) { return "practitioner:" + session.practitioner_id; }

Result<store::BoundCredential> find_own(store::Reader& reader, const store::Session& session,
                                        const Bytes& credential_id) {
  TEGATA_ASSIGN(auto phone, store::find_credential(reader, credential_id));
  if (!phone || phone->practitioner_id != session.practitioner_id) {
    return Error(e::devices_phone_unknown, base64url(credential_id));
  }
  return std::move(*phone);
}

Result<store::Session> find_again(store::Transaction& transaction, const store::Session& session) {
  TEGATA_ASSIGN(auto now_is, store::find_session(transaction, session.cookie, transaction.now()));
  if (!now_is || now_is->practitioner_id != session.practitioner_id) return Error(e::sign_in_session_missing);
  return std::move(*now_is);
}

store::Session session_of_phone(const Settings& settings, const Proof& proof, const std::string& secret, Instant now) {
  store::Session session;
  session.cookie = sha256(secret);
  session.practitioner_id = proof.person.id;
  session.purpose = purpose_devices;
  session.method = method_bound_phone;
  session.expires_at = now + settings.session_life;
  session.credential_id = proof.phone.record.id;
  session.basis = proof.phone.basis;
  return session;
}

}  // namespace

Instant step_up_until(const Settings& settings, const store::Session& session) {
  return session.begun_at + settings.step_up_life;
}

Status verify_session(store::Transaction& transaction, const store::Session& session) {
  TEGATA_TRY(find_again(transaction, session));
  return {};
}

Status verify_step_up(store::Transaction& transaction, const Settings& settings, const store::Session& session) {
  TEGATA_ASSIGN(const auto now_is, find_again(transaction, session));
  if (step_up_until(settings, now_is) <= transaction.now()) return Error(e::devices_step_up_needed);
  return {};
}

Result<DevicesView> view_devices(const Services& services, const store::Session& session) {
  return services.store.read<DevicesView>([&](store::Reader& reader) -> Result<DevicesView> {
    DevicesView out;
    TEGATA_ASSIGN(auto person, store::find_practitioner(reader, session.practitioner_id));
    if (!person) return Error(e::sign_in_session_missing, "of nobody");
    out.person = std::move(*person);
    TEGATA_ASSIGN(out.phones, store::list_credentials(reader, session.practitioner_id));
    TEGATA_ASSIGN(out.stopped, store::stopped_credentials(reader, session.practitioner_id));
    TEGATA_ASSIGN(out.events, store::audit::list_phone_events(reader, session.practitioner_id, shown_events));
    TEGATA_ASSIGN(out.change, store::find_enrollment_by_session(reader, session.cookie));
    TEGATA_ASSIGN(const Instant now, store::moment(reader, services.clock, store::Purpose::take_away));
    TEGATA_ASSIGN(out.waiting, find_waiting(reader, session.practitioner_id, now));
    if (!out.change) return out;
    TEGATA_ASSIGN(const auto seen, view(reader, services.settings, *out.change, now));
    out.change_state = seen.state;
    out.change_label = seen.label;
    return out;
  });
}

Result<std::string> rename_device(const Services& services, const http::Request& request, const store::Session& session,
                                  const Bytes& credential_id, const std::string& label) {
  const auto wanted = clean_label(label);
  if (!wanted) return refuse(services, request, "label_refused", wanted.error());
  return write<std::string>(
      services, request, "label_refused", [&](store::Transaction& transaction) -> Result<std::string> {
        TEGATA_TRY(verify_session(transaction, session));
        TEGATA_ASSIGN(const auto phone, find_own(transaction, session, credential_id));
        TEGATA_TRY(
            rename_phone(transaction, services.settings, author(request, session_actor(session)), phone, *wanted));
        return *wanted;
      });
}

Result<Removed> remove_device(const Services& services, const http::Request& request, const store::Session& session,
                              const Bytes& credential_id) {
  return write<Removed>(
      services, request, "removal_refused",
      [&](store::Transaction& transaction) -> Result<Removed> {
        TEGATA_TRY(verify_step_up(transaction, services.settings, session));
        TEGATA_ASSIGN(const auto phone, find_own(transaction, session, credential_id));
        TEGATA_TRY(remove_phone(transaction, author(request, session_actor(session)), phone, "credential_removed",
                                session.method));
        TEGATA_ASSIGN(auto person, store::find_practitioner(transaction, session.practitioner_id));
        if (!person) return Error(e::sign_in_session_missing, "of nobody");
        TEGATA_ASSIGN(auto left, store::list_credentials(transaction, session.practitioner_id));
        return Removed{std::move(*person), std::move(left)};
      },
      store::Purpose::take_away);
}

Result<Json> device_login_options(const Services& services, const http::Request& request, const Digest& cookie) {
  const auto challenge = random_bytes(services.random, 32);
  TEGATA_TRY(write<void>(services, request, "phone_login_refused", [&](store::Transaction& transaction) -> Status {
    transaction.audit_unproven(event(request, "phone_login_started", "unknown", "session"));
    return store::put_ceremony(transaction, {cookie, challenge, transaction.now() + services.settings.start_life});
  }));
  return proof_options(services, challenge, {}, services.settings.start_life);
}

Result<DeviceLogin> log_in_by_device(const Services& services, const http::Request& request, const Digest& cookie,
                                     const webauthn::AuthenticationResponse& response) {
  const auto kind = "phone_login_refused";
  const auto ceremony = services.store.read<std::optional<store::Ceremony>>(
      [&](store::Reader& reader) { return store::find_ceremony(reader, cookie, services.clock.now()); });
  if (!ceremony) return ceremony.error();
  if (!*ceremony) return refuse(services, request, kind, Error(e::devices_ceremony_unknown));
  const auto proof = verify_proof(services, response, (*ceremony)->challenge, {});
  if (!proof) return refuse(services, request, kind, proof.error());
  const auto secret = random_secret(services.random, 32);
  return write<DeviceLogin>(services, request, kind, [&](store::Transaction& transaction) -> Result<DeviceLogin> {
    TEGATA_ASSIGN(const bool taken, store::take_ceremony(transaction, **ceremony));
    if (!taken) return Error(e::devices_ceremony_unknown, "used meanwhile");
    TEGATA_TRY(note_use(transaction, *proof));
    TEGATA_TRY(
        replace_session(transaction, request, session_of_phone(services.settings, *proof, secret, transaction.now())));
    const auto who = "practitioner:" + proof->person.id;
    transaction.audit(event(request, "phone_login", who, "credential:" + base64url(proof->phone.record.id),
                            {{"label", proof->phone.label}}));
    return DeviceLogin{proof->person, secret};
  });
}

}  // namespace tegata::enroll
