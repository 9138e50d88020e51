#pragma once
// Whether AddressSanitizer watches this build: it looks at addresses, for which fewer sizes do.

namespace qstar::tests {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

} // namespace qstar::tests
