#pragma once
// A result as bytes, from rank to rank (engine/base/ranks.h): read back, it is the same to the last
// bit. Not a file format.

#include "search/models/method.h"

#include <string>
#include <string_view>

namespace qstar::search {

std::string bytes_of(const Result& result);
Result result_of(std::string_view bytes); // those of one result, made by this program

} // namespace qstar::search
