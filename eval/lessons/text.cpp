#include "eval/lessons/text.h"

#include "engine/base/error.h"
#include "engine/text/utf8.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <sstream>

namespace qstar::eval::lessons {

namespace {

constexpr char value_begins = '\x02', value_ends = '\x03';

std::string marked(std::string_view value) {
    std::string text(1, value_begins);
    for (const char c : value)
        if (c != value_begins && c != value_ends) text += c;
    return text + value_ends;
}

std::string trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r");
    if (begin == text.npos) return "";
    return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

std::optional<double> plain_number(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

bool is_there(const std::string& name, const Values& values) {
    const Value* const value = values.find(name);
    if (value == nullptr) return false;
    if (const auto* quantity = std::get_if<Quantity>(value)) return quantity->value != 0;
    if (const auto* text = std::get_if<std::string>(value)) return !text->empty();
    return true;
}

bool compared(const std::string& left, const std::string& sign, const std::string& right,
              const Values& values) {
    const auto number_of = [&](const std::string& word) -> std::optional<double> {
        if (const auto number = plain_number(word)) return number;
        const Value* const value = values.find(word);
        const auto* const quantity = value ? std::get_if<Quantity>(value) : nullptr;
        return quantity ? std::optional(quantity->value) : std::nullopt;
    };
    const auto a = number_of(left), b = number_of(right);
    if (a && b) {
        if (sign == "<") return *a < *b;
        if (sign == "<=") return *a <= *b;
        if (sign == ">") return *a > *b;
        if (sign == ">=") return *a >= *b;
        return sign == "=" ? *a == *b : *a != *b;
    }
    const Value* const word = values.find(right); // else the word itself
    const bool same = values.text(left) == (word ? values.text(right) : right);
    if (sign == "=") return same;
    if (sign == "!=") return !same;
    fail("a lesson's condition compares \"{}\" and \"{}\", which are no numbers", left, right);
}

// With {name} in the place of values.
std::string filled(const std::string& text, const Values& values) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
        const size_t open = text.find('{', at);
        const size_t close = open == text.npos ? text.npos : text.find('}', open);
        if (close == text.npos) return out + text.substr(at);
        out += text.substr(at, open - at) +
               marked(values.text(text.substr(open + 1, close - open - 1)));
        at = close + 1;
    }
    return out;
}

std::string without_marks(const std::string& text) {
    std::string out;
    bool value = false;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == value_begins || text[i] == value_ends)
            value = text[i] == value_begins;
        else if (!value && text.compare(i, 2, "**") == 0)
            ++i;
        else
            out += text[i];
    }
    return printable(out);
}

std::string escaped_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

std::string marked_up(const std::string& text) {
    std::string out;
    bool value = false, code = false, strong = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == value_begins || c == value_ends) {
            value = c == value_begins;
        } else if (!value && c == '`') {
            out += code ? "</code>" : "<code>";
            code = !code;
        } else if (!value && !code && text.compare(i, 2, "**") == 0) {
            out += strong ? "</strong>" : "<strong>";
            strong = !strong;
            ++i;
        } else {
            out += escaped_html({&c, 1});
        }
    }
    return out;
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

std::string grid_html(const Grid& grid) {
    std::string out = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">"
                      "<table><thead><tr>";
    for (const std::string& column : grid.columns)
        out += "<th scope=\"col\">" + escaped_html(column) + "</th>";
    out += "</tr></thead><tbody>";
    for (const auto& row : grid.rows) {
        out += "<tr>";
        for (const std::string& cell : row) out += "<td>" + escaped_html(cell) + "</td>";
        out += "</tr>";
    }
    return out + "</tbody></table></div>\n";
}

} // namespace

bool holds(const std::string& condition, const Values& values) {
    std::istringstream in(condition);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    for (size_t i = 0; i < words.size();) {
        bool so = false;
        if (words[i] == "no" && i + 1 < words.size()) {
            so = !is_there(words[i + 1], values);
            i += 2;
        } else if (i + 2 < words.size() && words[i + 1] != "and") {
            so = compared(words[i], words[i + 1], words[i + 2], values);
            i += 3;
        } else {
            so = is_there(words[i], values);
            ++i;
        }
        if (!so) return false;
        if (i < words.size() && words[i++] != "and")
            fail("a lesson's condition \"{}\": expected \"and\"", condition);
    }
    return true;
}

std::vector<Block> read_blocks(std::string_view text, const std::string& where) {
    std::vector<Block> blocks;
    std::istringstream in{std::string(text)};
    bool open = false, code = false; // a paragraph or item goes on; lines as they stand
    for (std::string line; std::getline(in, line);) {
        if (trimmed(line) == "```") {
            if (!code) blocks.push_back({Block::Kind::code, "", ""});
            code = !code;
            open = false;
            continue;
        }
        if (code) {
            blocks.back().text += line + "\n";
            continue;
        }
        std::string words = trimmed(line);
        if (words.empty()) {
            open = false;
            continue;
        }
        std::string condition;
        if (words.starts_with("?(")) {
            const size_t end = words.find(')');
            if (end == words.npos) fail("{}: expected a ) after \"{}\"", where, words);
            condition = trimmed(std::string_view(words).substr(2, end - 2));
            words = trimmed(std::string_view(words).substr(end + 1));
            open = false;
        }
        if (words.starts_with("- ")) {
            blocks.push_back({Block::Kind::item, trimmed(words.substr(2)), condition});
            open = true;
        } else if (words.starts_with('{') && words.find('}') == words.size() - 1) {
            blocks.push_back({Block::Kind::value, words.substr(1, words.size() - 2), condition});
            open = false;
        } else if (open) {
            blocks.back().text += " " + words;
        } else {
            blocks.push_back({Block::Kind::paragraph, words, condition});
            open = true;
        }
    }
    if (code) fail("{}: expected ``` at the end of the lines that stand as they are", where);
    return blocks;
}

std::vector<Shown> fill(const std::vector<Block>& blocks, const Values& values) {
    std::vector<Shown> shown;
    bool any = false; // of the conditions one after another
    for (const Block& block : blocks) {
        if (block.condition.empty()) {
            any = false;
        } else {
            const bool so = block.condition == "else" ? !any : holds(block.condition, values);
            any = block.condition == "else" ? false : any || so;
            if (!so) continue;
        }
        if (block.kind != Block::Kind::value) {
            shown.push_back(Markup{block.kind, filled(block.text, values)});
            continue;
        }
        const Value& value = values.at(block.text);
        if (const auto* grid = std::get_if<Grid>(&value))
            shown.push_back(*grid);
        else if (const auto* plot = std::get_if<Plot>(&value))
            shown.push_back(*plot);
        else
            shown.push_back(Markup{Block::Kind::paragraph, marked(values.text(block.text))});
    }
    return shown;
}

Shown plain(std::string_view text) { return Markup{Block::Kind::paragraph, marked(text)}; }

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

std::string html(const std::vector<Shown>& shown) {
    std::string out;
    bool list = false;
    for (const Shown& one : shown) {
        const auto* const markup = std::get_if<Markup>(&one);
        const bool item = markup && markup->kind == Block::Kind::item;
        if (item != list) out += item ? "<ul>\n" : "</ul>\n";
        list = item;
        if (const auto* grid = std::get_if<Grid>(&one)) out += grid_html(*grid);
        if (const auto* plot = std::get_if<Plot>(&one))
            out += figure(*plot, escaped_html(plot->title));
        if (!markup) continue;
        if (markup->kind == Block::Kind::code) {
            std::string text;
            for (const char c : markup->text)
                if (c != value_begins && c != value_ends) text += c;
            out += "<pre tabindex=\"0\">" + escaped_html(text) + "</pre>\n";
        } else {
            out +=
                (item ? "<li>" : "<p>") + marked_up(markup->text) + (item ? "</li>\n" : "</p>\n");
        }
    }
    return out + (list ? "</ul>\n" : "");
}

} // namespace qstar::eval::lessons
