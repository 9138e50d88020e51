#include "eval/plot/html.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/text/json.h"
#include "engine/text/json_parse.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/core.h>

namespace qstar::eval {

namespace {

constexpr std::string_view kDataBegin = "<script type=\"application/json\" id=\"data\">";

const Json* at_pointer(const Json& data, const std::string& at) {
    const Json* const value = data.at_path(at);
    return value != nullptr && value->is_number() ? value : nullptr;
}

std::string data_element(const std::string& value, const std::string& where, Shown shown,
                         double number) {
    const std::string scale =
        shown.scale == 1 ? "" : fmt::format(" data-scale=\"{}\"", shown.scale);
    return fmt::format("<data value=\"{}\"{}{}>{}</data>", value, where, scale,
                       digits(number * shown.scale, shown.decimals));
}

// The value of an attribute in the text of a tag; empty if it has none.
std::string attribute(const std::string& tag, const std::string& name) {
    const std::string begin = " " + name + "=\"";
    const size_t at = tag.find(begin);
    if (at == std::string::npos) return "";
    const size_t from = at + begin.size();
    return tag.substr(from, tag.find('"', from) - from);
}

double number_at(const Json& data, const std::string& at) {
    const Json* value = at_pointer(data, at);
    if (value == nullptr) fail("the page shows a number of {}, which its data does not have", at);
    return value->get<double>();
}

} // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

std::string digits(double value, int decimals) {
    std::string text = fmt::format("{:.{}f}", value, decimals);
    if (text.find_first_of("123456789") == std::string::npos && text[0] == '-') text.erase(0, 1);
    const size_t first = text[0] == '-' ? 1 : 0;
    size_t end = std::min(text.find('.'), text.size());
    if (end - first < 5) return text; // four digits stand together
    while (end > first + 3) {
        end -= 3;
        text.insert(end, "\u202f"); // a narrow space at which no line breaks
    }
    return text;
}

std::string number(const Json& data, const std::string& at, Shown shown) {
    const Json* value = at_pointer(data, at);
    if (value == nullptr) return "-";
    return data_element(value->dump(), fmt::format(" data-at=\"{}\"", escaped(at)), shown,
                        value->get<double>());
}

std::string share(const Json& data, const std::string& at, const std::string& of, Shown shown) {
    const Json* part = at_pointer(data, at);
    const Json* whole = at_pointer(data, of);
    if (part == nullptr || whole == nullptr || whole->get<double>() == 0) return "-";
    const std::string where =
        fmt::format(" data-at=\"{}\" data-of=\"{}\"", escaped(at), escaped(of));
    return data_element(part->dump(), where, shown, part->get<double>() / whole->get<double>());
}

std::string mark(const Json& data, const std::string& at) {
    const Json* value = at_pointer(data, at);
    if (value == nullptr) return "";
    return fmt::format(" data-at=\"{}\" data-value=\"{}\"", escaped(at), value->dump());
}

std::string command(std::string_view text) {
    return fmt::format("<p class=\"command\"><code>{}</code></p>\n", escaped(text));
}

std::string section(std::string_view id, std::string_view title, std::string_view body) {
    return fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 "
                       "id=\"{0}-title\">{1}</h2>\n{2}</section>\n",
                       id, escaped(title), body);
}

std::string missing(std::string_view what, std::string_view command_text) {
    return fmt::format("<p class=\"missing\">{} <code>{}</code> makes them.</p>\n", escaped(what),
                       escaped(command_text));
}

Json embedded_data(const std::string& page) {
    const size_t begin = page.find(kDataBegin);
    if (begin == std::string::npos) fail("the page carries no data: expected {}", kDataBegin);
    const size_t from = begin + kDataBegin.size();
    const size_t end = page.find("</script>", from);
    if (end == std::string::npos) fail("the page's data has no end");
    return parse_json(std::string_view(page).substr(from, end - from), "the page's data");
}

int64_t check_numbers(const std::string& page) {
    const Json data = embedded_data(page);
    int64_t compared = 0;
    for (size_t at = page.find(" data-at=\""); at != std::string::npos;
         at = page.find(" data-at=\"", at + 1)) {
        const size_t begin = page.rfind('<', at), end = page.find('>', at);
        const std::string tag = page.substr(begin, end - begin);
        const std::string where = attribute(tag, "data-at");
        double value = number_at(data, where);
        const bool shown = tag.starts_with("<data ");
        const std::string said = attribute(tag, shown ? "value" : "data-value");
        // The shortest text of a double reads back as that double.
        if (said.empty() || std::strtod(said.c_str(), nullptr) != value)
            fail("the page has {} for {}, its data {}", said, where, value);
        ++compared;
        if (!shown) continue;
        if (const std::string of = attribute(tag, "data-of"); !of.empty())
            value /= number_at(data, of);
        if (const std::string scale = attribute(tag, "data-scale"); !scale.empty())
            value *= std::strtod(scale.c_str(), nullptr);
        std::string text = page.substr(end + 1, page.find('<', end) - end - 1);
        for (size_t gap = text.find("\u202f"); gap != std::string::npos; gap = text.find("\u202f"))
            text.erase(gap, std::string_view("\u202f").size());
        const size_t point = text.find('.');
        const auto decimals =
            point == std::string::npos ? 0.0 : static_cast<double>(text.size() - point - 1);
        const double slack = 0.5 * math::power(10.0, static_cast<int64_t>(-decimals)) * (1 + 1e-9) +
                             1e-12 * std::abs(value);
        if (std::abs(std::strtod(text.c_str(), nullptr) - value) > slack)
            fail("the page shows \"{}\" for {}, its data says {}", text, where, value);
    }
    return compared;
}

} // namespace qstar::eval
