#pragma once
// Whether AddressSanitizer watches this build: it looks at addresses, for which fewer sizes do.
// Known when the program runs: the checks are compiled once for both builds. A case that takes
// long there and goes no other way through the program than its neighbours is left out by
// `* doctest::skip(tests::kSanitized)`.

namespace qstar::tests {

extern const bool kSanitized;

} // namespace qstar::tests
