#include "engine/io/output.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/streams.h"
#include "tests/temporary.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <string>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

using namespace qstar;
namespace fs = std::filesystem;

TEST_CASE("a symbolic link stays a link, and where it leads is replaced") {
    const Temporary scratch;
    make_folders(scratch / "far");
    scratch.file("far/a", "old");
    fs::create_symlink("far/a", scratch / "link"); // from the link's folder, not from ours
    fs::create_symlink(scratch / "link", scratch / "link to link");
    fs::create_symlink("far/new", scratch / "link to nothing");
    write_file_atomic(scratch / "link to link", "new");
    write_file_atomic(scratch / "link to nothing", "made");
    CHECK(fs::is_symlink(scratch / "link"));
    CHECK(fs::is_symlink(scratch / "link to link"));
    CHECK(fs::is_symlink(scratch / "link to nothing"));
    CHECK_FALSE(fs::is_symlink(scratch / "far/a"));
    CHECK(read_file(scratch / "far/a") == "new");
    CHECK(read_file(scratch / "far/new") == "made");
    CHECK(std::distance(fs::directory_iterator(scratch / "far"), {}) == 2); // nothing aside

    fs::create_symlink("circle", scratch / "circle");
    CHECK_THROWS_WITH_AS(
        write_file_atomic(scratch / "circle", "x"),
        (scratch / "circle: cannot write: Too many levels of symbolic links").c_str(), Error);
    fs::create_symlink("far", scratch / "link to folder");
    CHECK_THROWS_WITH_AS(write_file_atomic(scratch / "link to folder", "x"),
                         (scratch / "link to folder: cannot write: it is a folder").c_str(), Error);
}

TEST_CASE("a failed write leaves a link and its target as they were") {
    const Temporary scratch;
    const std::string target = scratch.file("a", "old"), link = scratch / "link";
    fs::create_symlink("a", link);
    {
        FileWriter file(link);
        file.write("half");
    }
    CHECK(fs::is_symlink(link));
    CHECK(read_file(target) == "old");
}

TEST_CASE("a pipe is written into and read to its end") {
    const Temporary scratch;
    const std::string pipe = scratch / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::string bytes;
    for (int i = 0; i < 300'000; ++i) bytes.push_back(static_cast<char>(i ^ (i >> 7)));
    std::string read;
    {
        // Open for both sides first, so that nobody waits for the other for ever.
        const int both = ::open(pipe.c_str(), O_RDWR);
        REQUIRE(both >= 0);
        const auto reader = std::async(std::launch::async, [&] {
            read.resize(bytes.size());
            for (size_t at = 0; at < read.size();)
                at += static_cast<size_t>(::read(both, read.data() + at, read.size() - at));
        });
        // An older write_file_atomic would replace the pipe, and the reader would wait for ever.
        const OutputPlace place = output_place(pipe);
        REQUIRE(place.file.empty());
        ::close(place.descriptor);
        write_file_atomic(pipe, bytes);
        reader.wait();
        ::close(both);
    }
    CHECK(fs::is_fifo(pipe));
    CHECK(read == bytes);
    CHECK(std::distance(fs::directory_iterator(scratch.path), {}) == 1);

    const auto writer = std::async(std::launch::async, [&] { write_file_atomic(pipe, bytes); });
    CHECK(read_file(pipe) == bytes);
    CHECK_THROWS_WITH_AS(FileReader(scratch / "pipe"),
                         (pipe + ": cannot read: it is no plain file, and would have to be read "
                                 "more than once")
                             .c_str(),
                         Error);
}

TEST_CASE("a device stays a device") {
    const Temporary scratch;
    const std::string null = scratch / "null";
    if (::mknod(null.c_str(), S_IFCHR | 0600, ::makedev(1, 3)) != 0) return; // root alone may
    const int allowed = ::open(null.c_str(), O_WRONLY);
    if (allowed < 0) return; // the file system has no devices
    ::close(allowed);
    write_file_atomic(null, "gone");
    CHECK(fs::is_character_file(null));
}

TEST_CASE("an open descriptor's name is that descriptor, not a file") {
    const Temporary scratch;
    const std::string path = scratch.file("a", "before ");
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND);
    for (const char* folder : {"/dev/fd/", "/proc/self/fd/"})
        write_file_atomic(folder + std::to_string(descriptor), "more ");
    ::close(descriptor);
    CHECK(read_file(path) == "before more more ");
    CHECK_THROWS_AS(write_file_atomic("/dev/fd/9999", "x"), Error);
}

TEST_CASE("messages stand beside what is written to the standard output, not in it") {
    for (const char* path : {"-", "/dev/stdout", "/dev/fd/1"})
        CHECK(messages_beside(path) == stderr);
    for (const char* path : {"", "x", "/dev/stderr", "/dev/fd/2"})
        CHECK(messages_beside(path) == stdout);
}

TEST_CASE("no name is no file") {
    CHECK_THROWS_WITH_AS(read_file(""), "expected the name of a file to read, found none", Error);
    CHECK_THROWS_WITH_AS(FileReader(""), "expected the name of a file to read, found none", Error);
    CHECK_THROWS_WITH_AS(write_file_atomic("", "x"),
                         "expected the name of a file to write, found none", Error);
}

TEST_CASE("a file that is replaced keeps who may read it") {
    const Temporary scratch;
    const std::string path = scratch.file("a", "old");
    fs::permissions(path, fs::perms(0600));
    write_file_atomic(path, "new");
    CHECK(fs::status(path).permissions() == fs::perms(0600));
}

TEST_CASE("a file grows at its end, for one at a time") {
    const Temporary scratch;
    const std::string path = scratch.file("a", "one\ntw");
    {
        FileAppender file(path);
        CHECK_THROWS_WITH_AS(FileAppender(scratch / "a"),
                             (path + ": cannot write: another process is writing it").c_str(),
                             Error);
        file.cut(4);
        file.write("two\n");
        CHECK(read_file(path) == "one\ntwo\n");
        file.sync();
    }
    FileAppender(path).write("three\n");
    CHECK(read_file(path) == "one\ntwo\nthree\n");
    CHECK_THROWS_AS(FileAppender(scratch / "none/a"), Error);
}
