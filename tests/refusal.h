#pragma once
// The sentence with which work is refused.

#include "engine/base/error.h"

#include <string>

namespace qstar::tests {

// "no Error" if it is done.
template <class Work>
std::string refusal_of(Work work) {
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    return "no Error";
}

} // namespace qstar::tests
