// What ranks do is tested with mpirun (tests/engine/mpi.sh); here is what one process does.

#include "engine/base/ranks.h"

#include "engine/base/pack.h"
#include "engine/io/files.h"
#include "tests/paths.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace qstar;

TEST_CASE("one process is the first rank of one, and shares with itself") {
    CHECK(engine::ranks() == 1);
    CHECK(engine::rank() == 0);
    CHECK(engine::is_first_rank());
    bool written = false;
    engine::one_writes([&] { engine::one_writes([&] { written = true; }); });
    CHECK(written);
    CHECK(engine::from_first_rank("bytes") == "bytes");
    CHECK(engine::from_all_ranks("bytes") == std::vector<std::string>{"bytes"});
    const auto name = [](size_t i) { return std::string(i, 'x'); };
    CHECK(engine::share(3, name) == std::vector<std::string>{"", "x", "xx"});
    std::string all;
    engine::share_in_order(3, name, [&](size_t i, const std::string& bytes) {
        CHECK(bytes.size() == i);
        all += bytes + ".";
    });
    CHECK(all == ".x.xx.");
}

TEST_CASE("values are packed and unpacked to the last bit") {
    const std::vector<std::string> words = {"one", "", std::string("a\0b", 3)};
    const std::vector<float> numbers = {0.1f, -0.0f, 3e-45f};
    std::string bytes;
    engine::Pack{bytes}(words);
    engine::Pack{bytes}(numbers);
    engine::Pack{bytes}(int64_t{-7});
    std::string_view rest = bytes;
    std::vector<std::string> words_again;
    std::vector<float> numbers_again;
    int64_t number = 0;
    engine::Unpack{rest}(words_again);
    engine::Unpack{rest}(numbers_again);
    engine::Unpack{rest}(number);
    CHECK(words_again == words);
    CHECK(std::string_view(reinterpret_cast<const char*>(numbers_again.data()), 12) ==
          std::string_view(reinterpret_cast<const char*>(numbers.data()), 12));
    CHECK(number == -7);
    CHECK(rest.empty());
}

TEST_CASE("MPI stands behind one file") {
    std::vector<std::string> found;
    for (const char* folder : {"engine", "tokenizer", "search", "train", "eval"})
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(join_path(tests::source_dir, folder)))
            if (entry.is_regular_file() &&
                read_file(entry.path().string()).find("#include <mpi.h>") != std::string::npos)
                found.push_back(entry.path().filename().string());
    CHECK(found == std::vector<std::string>{"mpi.cpp"});
}
