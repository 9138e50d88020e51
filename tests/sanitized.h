#pragma once
// Whether AddressSanitizer watches this build: it looks at addresses, for which fewer sizes do.
// Known when the program runs: the checks are compiled once for both builds.

namespace qstar::tests {

extern const bool kSanitized;

} // namespace qstar::tests
