// A lesson's text for a terminal (text.h).

#include "engine/text/utf8.h"
#include "eval/lessons/text.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::eval::lessons {

namespace {

std::string without_marks(const std::string& text) {
    std::string out;
    bool value = false;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == kValueBegins || text[i] == kValueEnds)
            value = text[i] == kValueBegins;
        else if (!value && text.compare(i, 2, "**") == 0)
            ++i;
        else
            out += text[i];
    }
    return printable(out);
}

size_t columns_of(std::string_view text) { // of a terminal; marks that combine are not counted
    size_t n = 0;
    for (const char c : text) n += (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
    return n;
}

std::string wrapped(const std::string& text, size_t width, const std::string& first,
                    const std::string& next) {
    std::istringstream words(text);
    std::string out = first, word;
    size_t used = columns_of(first);
    bool begun = false;
    while (words >> word) {
        const size_t size = columns_of(word);
        if (begun && used + 1 + size > width) {
            out += "\n" + next;
            used = columns_of(next);
            begun = false;
        }
        out += (begun ? " " : "") + word;
        used += size + (begun ? 1 : 0);
        begun = true;
    }
    return out + "\n";
}

// A cell's lines of at most so many columns, broken between words.
std::vector<std::string> lines_of_cell(const std::string& cell, size_t width) {
    std::vector<std::string> lines;
    std::istringstream in(wrapped(printable(cell), width, "", ""));
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    if (lines.empty()) lines.emplace_back();
    return lines;
}

std::string grid_text(const Grid& grid, size_t width) {
    std::vector<size_t> widths;
    for (const std::string& column : grid.columns) widths.push_back(columns_of(column));
    for (const auto& row : grid.rows)
        for (size_t i = 0; i < row.size() && i < widths.size(); ++i)
            widths[i] = std::max(widths[i], columns_of(printable(row[i])));
    // Too wide: the widest columns give way, down to what a few words need.
    const auto whole = [&] {
        size_t sum = 2;
        for (const size_t one : widths) sum += one + 2;
        return sum;
    };
    while (!widths.empty() && whole() > width) {
        size_t& widest = *std::max_element(widths.begin(), widths.end());
        if (widest <= 12) break;
        --widest;
    }
    const auto line = [&](const std::vector<std::string>& cells) {
        std::vector<std::vector<std::string>> parts;
        size_t height = 1;
        for (size_t i = 0; i < cells.size() && i < widths.size(); ++i) {
            parts.push_back(lines_of_cell(cells[i], widths[i]));
            height = std::max(height, parts.back().size());
        }
        std::string text;
        for (size_t k = 0; k < height; ++k) {
            std::string row = " ";
            for (size_t i = 0; i < parts.size(); ++i) {
                const std::string part = k < parts[i].size() ? parts[i][k] : "";
                const size_t used = columns_of(part);
                row += " " + part + std::string(widths[i] > used ? widths[i] - used + 1 : 1, ' ');
            }
            text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
        }
        return text;
    };
    std::string rule = " ";
    for (const size_t one : widths) rule += " " + std::string(one, '-') + " ";
    std::string out = line(grid.columns) + rule.substr(0, rule.size() - 1) + "\n";
    for (const auto& row : grid.rows) out += line(row);
    return out;
}

} // namespace

std::string terminal_text(const std::vector<Shown>& shown, size_t width) {
    std::string out;
    bool was_item = false;
    for (const Shown& one : shown) {
        const auto* const markup = std::get_if<Markup>(&one);
        const bool item = markup && markup->kind == Block::Kind::item;
        if (!out.empty() && !(item && was_item)) out += "\n";
        was_item = item;
        if (const auto* grid = std::get_if<Grid>(&one)) out += grid_text(*grid, width);
        if (const auto* plot = std::get_if<Plot>(&one)) out += plot_text(*plot);
        if (!markup) continue;
        const std::string text = markup->text;
        if (markup->kind == Block::Kind::code) {
            std::istringstream lines(text);
            for (std::string line; std::getline(lines, line);)
                out += "    " + without_marks(line) + "\n";
        } else if (item) {
            out += wrapped(without_marks(text), width, "- ", "  ");
        } else {
            out += wrapped(without_marks(text), width, "", "");
        }
    }
    return out;
}

} // namespace qstar::eval::lessons
