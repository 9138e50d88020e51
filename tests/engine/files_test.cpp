#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/sha256.h"
#include "engine/io/streams.h"
#include "tests/refusal.h"
#include "tests/temporary.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <string>

using namespace qstar;

namespace {

size_t count_files(const std::string& folder) {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
    return count;
}

} // namespace

TEST_CASE("a file holds the bytes that were written to it") {
    const Temporary scratch;
    std::string bytes;
    for (int i = 0; i < 100'000; ++i) bytes.push_back(static_cast<char>(i ^ (i >> 7)));
    write_file_atomic(scratch / "a", bytes);
    CHECK(read_file(scratch / "a") == bytes);
    write_file_atomic(scratch / "a", "");
    CHECK(read_file(scratch / "a").empty());
    CHECK(count_files(scratch.path) == 1); // nothing left aside
}

TEST_CASE("a file that cannot be read is an Error that names it") {
    const Temporary scratch;
    CHECK_THROWS_WITH_AS(read_file(scratch / "none"),
                         (scratch / "none: cannot read: No such file or directory").c_str(), Error);
    CHECK_THROWS_WITH_AS(read_file(scratch.path),
                         (scratch.path + ": expected a file, found a folder").c_str(), Error);
}

TEST_CASE("a text that has no lines is refused before memory is full, by the line" *
          doctest::skip(tests::kSanitized)) {
    if (!exists("/dev/zero")) return;
    CHECK(tests::refusal_of([] { read_file_of_lines("/dev/zero"); }) ==
          "/dev/zero:1: expected lines of text, found one of more than 256 MiB");
    const Temporary scratch;
    const std::string path = scratch.file("sparse", "one\ntwo\n");
    std::filesystem::resize_file(path, kLongestLine + 9); // zeros behind them
    CHECK(tests::refusal_of([&] { read_file_of_lines(path); }) ==
          path + ":3: expected lines of text, found one of more than 256 MiB");
    std::filesystem::resize_file(path, kLongestLine + 8);
    CHECK(read_file_of_lines(path).size() == kLongestLine + 8);
    // Lines of old systems, and a file that memory cannot hold.
    CHECK(read_file_of_lines(scratch.file("old", "one\rtwo\r")) == "one\rtwo\r");
    std::error_code too_large; // for this file system
    std::filesystem::resize_file(path, uintmax_t{1} << 43, too_large);
    if (too_large) return;
    const std::string refused = tests::refusal_of([&] { read_file(path); });
    CHECK(refused.starts_with(path + ": reading it takes 8.0 TiB of memory, but only "));
}

TEST_CASE("a failed write leaves what was there") {
    const Temporary scratch;
    CHECK_THROWS_AS(write_file_atomic(scratch / "none/a", "x"), Error);
    CHECK_FALSE(exists(scratch / "none"));
    make_folders(scratch / "folder");
    CHECK_THROWS_AS(write_file_atomic(scratch / "folder", "x"), Error);
    CHECK(is_folder(scratch / "folder"));
    CHECK(count_files(scratch.path) == 1);
}

TEST_CASE("a file that is written in pieces is there as a whole, or as it was") {
    const Temporary scratch;
    const std::string path = scratch.file("a", "old");
    {
        FileWriter file(path);
        file.write("half");
        CHECK(read_file(path) == "old");
        CHECK(count_files(scratch.path) == 2);
    }
    CHECK(read_file(path) == "old");
    CHECK(count_files(scratch.path) == 1); // nothing left aside
    FileWriter file(path);
    for (const char* piece : {"one ", "", "two ", "three"}) file.write(piece);
    file.commit();
    CHECK(read_file(path) == "one two three");
    CHECK(count_files(scratch.path) == 1);
    CHECK_THROWS_WITH_AS(FileWriter(scratch.path),
                         (scratch.path + ": cannot write: it is a folder").c_str(), Error);
}

TEST_CASE("pieces of a file are read from anywhere, but not behind its end") {
    const Temporary scratch;
    const FileReader file(scratch.file("a", "0123456789"));
    CHECK(file.size() == 10);
    std::string piece(4, ' ');
    file.read_at(6, piece.data(), 4);
    CHECK(piece == "6789");
    CHECK_THROWS_WITH_AS(file.read_at(8, piece.data(), 4),
                         (scratch / "a: the file ends at byte 10, 2 more were expected").c_str(),
                         Error);
    CHECK_THROWS_WITH_AS(FileReader(scratch.path),
                         (scratch.path + ": expected a file, found a folder").c_str(), Error);
    CHECK_THROWS_AS(FileReader(scratch / "none"), Error);
    CHECK_THROWS_AS(FileReader("/dev/null"), Error);
}

TEST_CASE("folders are made with those above them") {
    const Temporary scratch;
    make_folders(scratch / "a/b/c");
    CHECK(is_folder(scratch / "a/b/c"));
    make_folders(scratch / "a/b/c");
    write_file_atomic(scratch / "a/file", "x");
    CHECK_THROWS_AS(make_folders(scratch / "a/file"), Error);
    CHECK_THROWS_AS(make_folders(scratch / "a/file/b"), Error);
}

TEST_CASE("SHA-256 gives the digests of the standard's examples") {
    CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    std::string text;
    for (int i = 0; i < 200'000; ++i) text.push_back(static_cast<char>(i ^ (i >> 9)));
    const Temporary scratch;
    for (const size_t size : {0, 3, 55, 56, 63, 64, 65, 119, 120, 200'000}) {
        const std::string_view part(text.data(), size);
        Sha256 sum; // in pieces of one, two, three ... bytes
        for (size_t at = 0, length = 1; at < size; at += length++)
            sum.update(part.substr(at, length));
        CHECK(sum.digest() == sha256(part));
        CHECK(sha256_file(scratch.file("part", part)) == sha256(part));
    }
}
