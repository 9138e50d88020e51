// A lesson's text for a page (text.h).

#include "engine/text/utf8.h"
#include "eval/lessons/text.h"
#include "eval/plot/html.h"

#include <string>
#include <vector>

namespace qstar::eval::lessons {

namespace {

constexpr int kColumn = 736; // the text's width in pixels, so that a plot's letters keep their size

std::string marked_up(const std::string& text) {
    std::string out;
    bool value = false, code = false, strong = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == kValueBegins || c == kValueEnds) {
            value = c == kValueBegins;
        } else if (!value && c == '`') {
            out += code ? "</code>" : "<code>";
            code = !code;
        } else if (!value && !code && text.compare(i, 2, "**") == 0) {
            out += strong ? "</strong>" : "<strong>";
            strong = !strong;
            ++i;
        } else {
            out += escaped({&c, 1});
        }
    }
    return out;
}

std::string grid_html(const Grid& grid) {
    std::string out = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">"
                      "<table><thead><tr>";
    for (const std::string& column : grid.columns)
        out += "<th scope=\"col\">" + escaped(column) + "</th>";
    out += "</tr></thead><tbody>";
    for (const auto& row : grid.rows) {
        out += "<tr>";
        for (const std::string& cell : row) out += "<td>" + escaped(printable(cell)) + "</td>";
        out += "</tr>";
    }
    return out + "</tbody></table></div>\n";
}

} // namespace

std::string html(const std::vector<Shown>& shown) {
    std::string out;
    bool list = false;
    for (const Shown& one : shown) {
        const auto* const markup = std::get_if<Markup>(&one);
        const bool item = markup && markup->kind == Block::Kind::item;
        if (item != list) out += item ? "<ul>\n" : "</ul>\n";
        list = item;
        if (const auto* grid = std::get_if<Grid>(&one)) out += grid_html(*grid);
        if (const auto* plot = std::get_if<Plot>(&one)) {
            Plot own = *plot;
            own.wide = kColumn;
            out += figure(own, escaped(own.title));
        }
        if (!markup) continue;
        if (markup->kind == Block::Kind::code) {
            std::string text;
            for (const char c : markup->text)
                if (c != kValueBegins && c != kValueEnds) text += c;
            out += "<pre tabindex=\"0\">" + escaped(text) + "</pre>\n";
        } else {
            out +=
                (item ? "<li>" : "<p>") + marked_up(markup->text) + (item ? "</li>\n" : "</p>\n");
        }
    }
    return out + (list ? "</ul>\n" : "");
}

} // namespace qstar::eval::lessons
