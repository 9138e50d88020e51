#include "eval/report/report.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/json.h"
#include "engine/text/sentence.h"
#include "eval/plot/html.h"
#include "eval/report/data.h"
#include "eval/report/sections.h"

#include <fmt/core.h>

namespace qstar::eval {

std::string report(const MeasureOptions& options) {
    Json data = read_run(options.run);
    data["measured"] = measure_report(options);
    data = written_and_read(data);
    std::string text;
    try {
        text = page(data);
    } catch (const JsonError& e) {
        fail("{}: a JSON file of the run is not what its stage writes: {}", options.run,
             sentence_of(e));
    }
    check_numbers(text);
    const std::string path = join_path(options.run, "report.html");
    write_file_atomic(path, text);
    return path;
}

} // namespace qstar::eval
