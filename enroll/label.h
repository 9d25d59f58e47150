// The names of bound phones: made from what the browser says, changed by the person, never used for security.
//
// A label is NFC, at most 60 columns (East Asian: full-width and ambiguous characters count two) and 64 code points,
// of letters, digits, single spaces and ・ー（）()-_.+… only. Pure.
//
// A made label repeats what browser and authenticator said of themselves: user agent and AAGUID, neither of them
// proved. It names a program that keeps passkeys, never a model of hardware, and is for its owner to tell his phones
// apart.
#pragma once

#include <string>
#include <string_view>

#include "rp/base/bytes.h"
#include "rp/base/instant.h"
#include "rp/base/result.h"

namespace tegata::enroll {

// What a browser told of itself. Header values as they came, each may be empty; never stored.
struct BrowserIdentity {
  std::string user_agent;
  std::string ch_model;     // Sec-CH-UA-Model
  std::string ch_platform;  // Sec-CH-UA-Platform
  std::string ch_brands;    // Sec-CH-UA
  int touch_points = 0;     // navigator.maxTouchPoints: iPadOS calls itself Macintosh
};

// "iPhone（Safari）", "Pixel 8（Chrome）", "Androidスマートフォン（Chrome）"; "スマートフォン" where nothing is known.
std::string device_name(const BrowserIdentity& identity);

// "iPhone（Safari） 2026-11-20", with " (2)" behind it for the second of that name; only the device is ever cut, with
// "…". A provider that is not the phone's own stands instead of the browser ("iPhone（1Password） …").
// sequence counts from 1. The date is Japan's.
std::string make_label(const BrowserIdentity& identity, ByteView aaguid, Instant registered, int sequence);

// "1Password" for an AAGUID on the pinned list, empty otherwise. For naming only.
std::string_view provider_name(ByteView aaguid);

// A typed name: what may not stand in a label is dropped, spaces are joined. Error: label_invalid.
Result<std::string> clean_label(std::string_view typed);

// Two labels are the same name when their keys are equal (NFKC, case folded).
std::string label_key(std::string_view label);

}  // namespace tegata::enroll
