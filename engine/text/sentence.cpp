#include "engine/text/sentence.h"

#include "engine/base/error.h"
#include "engine/io/standard_streams.h"
#include "engine/text/json.h"
#include "engine/text/utf8.h"

#include <cstdio>
#include <filesystem>
#include <fmt/core.h>
#include <new>
#include <stdexcept>
#include <system_error>

namespace qstar {
namespace {

std::string sentence(const std::exception& exception) {
    if (const auto* error = dynamic_cast<const Error*>(&exception)) return error->what();
    if (dynamic_cast<const std::bad_alloc*>(&exception) ||
        dynamic_cast<const std::length_error*>(&exception)) // a size that no memory holds
        return "there is not enough memory for this";
    if (const auto* error = dynamic_cast<const std::filesystem::filesystem_error*>(&exception))
        return fmt::format("{}: {}", error->path1().string(), error->code().message());
    if (const auto* error = dynamic_cast<const std::system_error*>(&exception)) {
        if (std::ferror(stdout) != 0) return cannot_print(error->code().message()); // fmt::print's
        return fmt::format("the system refuses: {}", error->code().message());
    }
    if (const auto* error = dynamic_cast<const JsonError*>(&exception)) {
        if (!error->missing.empty())
            return fmt::format("a JSON object lacks the field \"{}\"", error->missing);
        return "a JSON value is of another type than expected";
    }
    return "a fault of the program itself, not of its input: please report what you called";
}

} // namespace

std::string sentence_of(const std::exception& exception) { return printable(sentence(exception)); }

} // namespace qstar
