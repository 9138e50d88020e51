#pragma once
// The sections of the page, each from the run's data (data.h) to HTML. One whose data are
// not there says which command makes them.

#include "engine/io/embedded_file.h"
#include "engine/text/json.h"

#include <span>
#include <string>

namespace qstar::eval {

std::string pipeline_section(const Json& data); // the stages as a picture
std::string ladder_section(const Json& data);   // methods at equal budgets
std::string tokens_section(const Json& data);   // solved against tokens
std::string claims_section(const Json& data);   // the talk's claims and their verdicts
std::string training_section(const Json& data); // curves of every stage
std::string calibration_section(const Json& data);
std::string solutions_section(const Json& data); // with every step's score
std::string trees_section(const Json& data);     // of the searches
std::string cost_section(const Json& data);      // time and tokens of every stage
std::string commands_section(const Json& data);  // how to make all of it again

// The whole page, with the data in it. A pure function of the data.
std::string page(const Json& data);

std::span<const EmbeddedFile> report_assets(); // report.css and report.js

} // namespace qstar::eval
