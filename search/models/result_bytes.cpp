#include "search/models/result_bytes.h"

#include "engine/base/pack.h"

namespace qstar::search {

namespace {

// All fields, in the order of their bytes.
template <class R, class Each>
void each_field(R& r, const Each& each) {
    each(r.ended), each(r.expanded), each(r.generated), each(r.seconds), each(r.trace);
    each(r.answer), each(r.steps), each(r.finished), each(r.tokens), each(r.step_scores);
    each(r.score), each(r.evaluated);
}

} // namespace

std::string bytes_of(const Result& result) {
    std::string bytes;
    each_field(result, engine::Pack{bytes});
    return bytes;
}

Result result_of(std::string_view bytes) {
    Result result;
    each_field(result, engine::Unpack{bytes});
    return result;
}

} // namespace qstar::search
