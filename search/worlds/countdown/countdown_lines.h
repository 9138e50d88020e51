#pragma once
// Problems of countdown as files of others hold them, brought into the form of the world: the
// numbers, then the target.
//
//   1 5 8 11 24                        the last number is the target
//   1 1 4 6          with --target 24  the numbers alone, as in files of the Game of 24
//   {"nums": [44, 19, 35], "target": 98}
//   Rank,Puzzles,AMT (s),...           the published table of the Game of 24: the numbers stand
//                                      in the column Puzzles, the target is 24
//
// Nothing in a line says whether its last number is the target. So without a named target all
// lines of a file have as many numbers as its first (lines with "nums" and "target" may have
// any), and four numbers of 1 to 13 that make 24 are refused: they may be a hand of the Game of
// 24 as well.

#include "engine/text/jsonl.h"
#include "search/problem/line_reader.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

// A line with the target that was named; as it is if none was. Error if it may be read in two
// ways.
std::string countdown_line(std::string_view line, std::optional<int64_t> target);

// {"nums", "target"}, the target also from `target`. Error if the two differ.
bool is_countdown_json(const Json& value); // has it a field "nums" or "numbers"?
std::string countdown_line(const JsonLine& line, std::optional<int64_t> target);

// The lines of one file, one after the other; of the table after its head those of its column.
class CountdownLines : public LineReader {
  public:
    explicit CountdownLines(std::optional<int64_t> target) : target_(target) {}
    bool is_head(std::string_view line) override;
    // countdown_line(); Error, too, if the count of its numbers is not the first line's.
    std::string read(std::string_view line, int64_t number) override;
    std::optional<std::string> read_object(const JsonLine& line) override;
    void check(const std::string& path) const override;
    std::string read_alone(std::string_view text) override;

  private:
    std::optional<int64_t> target_;
    std::optional<size_t> column_;
    size_t count_ = 0; // of the first line's numbers
    int64_t first_ = 0, lines_ = 0, ends_with_target_ = 0;
    std::string doubt_; // the first line that may be read in two ways
};

// The place of the column "Puzzles" in the table's first line; nothing if it is none.
std::optional<size_t> puzzles_column(std::string_view header);
// The cells of a line of such a table; commas within quotes separate none.
std::vector<std::string> table_cells(std::string_view line);

} // namespace qstar::search
