// Answers of `tegata facility` in words.
#pragma once

#include "rp/base/json.h"

namespace tegata::cli::facilities {

void print_facility(const Json&);
void print_facilities(const Json&);
void print_whole_facility(const Json&);
void print_state(const Json&);
void print_client(const Json&);
void print_certificate(const Json&);
void print_certificates(const Json&);
void print_issued(const Json&);
void print_ca(const Json&);

}  // namespace tegata::cli::facilities
