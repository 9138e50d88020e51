#pragma once
// `qstar eval claims`: the claims, examined on a run.

#include "eval/claims/claim.h"

#include <vector>

namespace qstar::eval {

struct Examined {
    const Claim* claim = nullptr;
    Findings findings;
};
std::vector<Examined> examine_claims(const ClaimsOptions& options);

// Their JSON, as in DIR/claims.json.
Json json_of(const Examined& examined, const ClaimsOptions& options);

// Examines, prints, and writes DIR/claims.json and DIR/claims.md. With `only`, the others
// stay in the files as they are.
void claims(const ClaimsOptions& options);

// Prints the statements with their numbers, and their rules.
void list_claims();

} // namespace qstar::eval
