#define CAF_SUITE file_systems
#include "caf/test/unit_test.hpp"

#include "runtime/storage/aligned_buffer.hpp"
#include "runtime/storage/posix_file_system.hpp"
#include "runtime/simulated/simulated_file_system.hpp"

#include <cerrno>
#include <cstdlib>
#include <functional>

#include <sys/stat.h>
#include <unistd.h>

using namespace troupe;
using namespace troupe::storage;

namespace {

/// A directory of its own that goes away with the test.
class scratch {
public:
  scratch() {
    auto* base = std::getenv("TMPDIR");
    path_ = std::string(base ? base : "/tmp") + "/troupe-test-XXXXXX";
    CAF_REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  ~scratch() { static_cast<void>(posix_file_system().remove_all(path_)); }
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

/// The same body over the machine's file system and over the double.
void on_both(const std::function<void(file_system&, const std::string&)>& body) {
  scratch directory;
  body(posix_file_system(), directory.path());
  test::simulated_file_system simulated;
  CAF_REQUIRE(simulated.make_directories("some/where"));
  body(simulated, "some/where");
}

template <class T>
errc code(const result<T>& r) {
  return r ? errc::none : r.error().code;
}

} // namespace

CAF_TEST(reading writing and resizing) {
  on_both([](file_system& fs, const std::string& dir) {
    auto opened = fs.open(dir + "/a", {.create = true, .write = true});
    CAF_REQUIRE(opened);
    auto& f = **opened;
    CAF_CHECK(!f.is_direct());
    CAF_CHECK_EQUAL(f.path(), dir + "/a");
    CAF_CHECK(f.write_at(5, "hello"));
    char raw[100];
    auto got = f.read_at(0, raw, sizeof raw);
    CAF_REQUIRE(got);
    CAF_CHECK_EQUAL(std::string_view(raw, *got), std::string_view("\0\0\0\0\0hello", 10));
    got = f.read_at(10, raw, 1);
    CAF_CHECK(got && *got == 0);
    got = f.read_at(500, raw, 1);
    CAF_CHECK(got && *got == 0);
    CAF_CHECK(f.truncate(7));
    CAF_CHECK(f.allocate(9));
    CAF_CHECK(f.sync());
    got = f.read_at(5, raw, sizeof raw);
    CAF_REQUIRE(got);
    CAF_CHECK_EQUAL(std::string_view(raw, *got), std::string_view("he\0\0", 4));
    auto size = f.size();
    CAF_CHECK(size && *size == 9);
    CAF_CHECK(f.allocate(4));
    size = f.size();
    CAF_CHECK(size && *size == 9);
  });
}

CAF_TEST(direct and synced writes) {
  on_both([](file_system& fs, const std::string& dir) {
    auto opened = fs.open(dir + "/a", {.create = true, .write = true, .direct = true, .data_sync = true});
    CAF_REQUIRE(opened);
    aligned_buffer out{2 * block_size_bytes};
    out.append(std::string(block_size_bytes, 'a'));
    out.append("b");
    out.pad();
    CAF_REQUIRE((*opened)->write_at(block_size_bytes, out.view()));
    aligned_buffer in;
    auto* to = in.extend(8 * block_size_bytes);
    auto got = (*opened)->read_at(0, to, in.size());
    CAF_REQUIRE(got);
    CAF_CHECK_EQUAL(*got, 3 * block_size_bytes);
    CAF_CHECK_EQUAL(in.data()[0], '\0');
    CAF_CHECK_EQUAL(in.data()[block_size_bytes], 'a');
    CAF_CHECK_EQUAL(in.data()[2 * block_size_bytes], 'b');
  });
}

CAF_TEST(names and directories) {
  on_both([](file_system& fs, const std::string& dir) {
    CAF_CHECK(fs.make_directories(dir + "/x/y/z"));
    CAF_CHECK(fs.make_directories(dir + "/x/y/z"));
    CAF_CHECK(fs.open(dir + "/x/2", {.create = true, .write = true}));
    CAF_CHECK(fs.open(dir + "/x/10", {.create = true, .write = true}));
    auto names = fs.list(dir + "/x");
    CAF_REQUIRE(names);
    CAF_CHECK(*names == (std::vector<std::string>{"10", "2", "y"}));
    CAF_CHECK(fs.rename(dir + "/x/2", dir + "/x/10"));
    CAF_CHECK(fs.sync_directory(dir + "/x"));
    CAF_CHECK(!*fs.exists(dir + "/x/2"));
    CAF_CHECK(*fs.exists(dir + "/x/10"));
    CAF_CHECK(fs.remove(dir + "/x/10"));
    CAF_CHECK(fs.remove_all(dir + "/x"));
    CAF_CHECK(fs.remove_all(dir + "/x"));
    CAF_CHECK(!*fs.exists(dir + "/x"));
    auto free = fs.free_bytes(dir);
    CAF_CHECK(free && *free > 0);
  });
}

CAF_TEST(errors have a code and name the path) {
  on_both([](file_system& fs, const std::string& dir) {
    auto missing = fs.open(dir + "/missing", {});
    CAF_CHECK(code(missing) == errc::not_found);
    CAF_CHECK(missing.error().detail.find(dir + "/missing") != std::string::npos);
    CAF_CHECK(code(fs.open(dir + "/no/file", {.create = true, .write = true})) == errc::not_found);
    CAF_CHECK(code(fs.open(dir, {})) == errc::invalid_argument);
    CAF_CHECK(code(fs.list(dir + "/missing")) == errc::not_found);
    CAF_CHECK(code(fs.remove(dir + "/missing")) == errc::not_found);
    CAF_CHECK(code(fs.rename(dir + "/missing", dir + "/b")) == errc::not_found);
    CAF_CHECK(code(fs.sync_directory(dir + "/missing")) == errc::not_found);
    CAF_REQUIRE(fs.open(dir + "/file", {.create = true, .write = true}));
    CAF_CHECK(code(fs.make_directories(dir + "/file")) == errc::invalid_argument);
  });
}

CAF_TEST(a lock excludes everybody else until it is let go) {
  on_both([](file_system& fs, const std::string& dir) {
    auto first = fs.lock(dir + "/lock");
    CAF_REQUIRE(first);
    CAF_CHECK(code(fs.lock(dir + "/lock")) == errc::in_use);
    first->reset();
    CAF_CHECK(fs.lock(dir + "/lock"));
  });
}

CAF_TEST(small files are replaced as a whole) {
  on_both([](file_system& fs, const std::string& dir) {
    auto path = dir + "/settings";
    CAF_CHECK(code(read_file(fs, path, 100)) == errc::not_found);
    CAF_CHECK(write_file_atomically(fs, path, "a longer first version"));
    CAF_CHECK(write_file_atomically(fs, path, "second"));
    auto content = read_file(fs, path, 6);
    CAF_CHECK(content && *content == "second");
    CAF_CHECK(code(read_file(fs, path, 5)) == errc::too_large);
    CAF_CHECK(write_file_atomically(fs, path, ""));
    content = read_file(fs, path, 100);
    CAF_CHECK(content && content->empty());
    auto names = fs.list(dir);
    CAF_CHECK(names && names->size() == 1);
  });
}

CAF_TEST(a crash while a small file is replaced leaves the old or the new content) {
  int old_ones = 0;
  int new_ones = 0;
  for (std::uint64_t n = 0; n < 8; ++n)
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      test::simulated_file_system fs{seed};
      CAF_REQUIRE(write_file_atomically(fs, "a", std::string(700, 'o')));
      fs.crash_after(n);
      auto written = write_file_atomically(fs, "a", std::string(900, 'n'));
      random_source random{seed};
      fs.power_cut(random);
      fs.restart();
      auto content = fs.content("a");
      CAF_REQUIRE(content);
      auto is_old = *content == std::string(700, 'o');
      auto is_new = *content == std::string(900, 'n');
      CAF_REQUIRE(is_old || is_new);
      CAF_REQUIRE(is_new || !written);
      old_ones += is_old;
      new_ones += is_new;
    }
  CAF_CHECK(old_ones > 0 && new_ones > 0);
}

CAF_TEST(a full disk leaves the old content) {
  test::simulated_file_system fs;
  CAF_REQUIRE(write_file_atomically(fs, "a", "old"));
  fs.set_capacity(10);
  CAF_CHECK(code(write_file_atomically(fs, "a", std::string(900, 'n'))) == errc::no_space);
  CAF_CHECK(fs.content("a") == "old");
  CAF_CHECK(!fs.content("a.new"));
}

CAF_TEST(system errors become ours) {
  CAF_CHECK(posix_error_code(ENOSPC) == errc::no_space);
  CAF_CHECK(posix_error_code(EDQUOT) == errc::no_space);
  CAF_CHECK(posix_error_code(EIO) == errc::io_error);
  CAF_CHECK(posix_error_code(EACCES) == errc::permission_denied);
  CAF_CHECK(posix_error_code(EMFILE) == errc::busy);
  CAF_CHECK(posix_error_code(12345) == errc::io_error);
}

CAF_TEST(a full device is reported with operation path and position) {
  struct stat info;
  if (::stat("/dev/full", &info) != 0)
    return;
  auto opened = posix_file_system().open("/dev/full", {.write = true});
  CAF_REQUIRE(opened);
  auto written = (*opened)->write_at(4096, "x");
  CAF_REQUIRE(!written);
  CAF_CHECK(written.error() == errc::no_space);
  CAF_CHECK_EQUAL(written.error().detail, "write /dev/full at 4096: No space left on device");
}

CAF_TEST(an aligned buffer keeps its content and its alignment when it grows) {
  aligned_buffer buffer;
  std::string expected;
  for (int i = 0; i < 2000; ++i) {
    std::string piece(static_cast<std::size_t>(i % 97), static_cast<char>(i));
    buffer.append(piece);
    expected += piece;
    CAF_REQUIRE(reinterpret_cast<std::uintptr_t>(buffer.data()) % block_size_bytes == 0);
    CAF_REQUIRE(is_whole_blocks(buffer.capacity()));
  }
  CAF_CHECK(buffer.view() == expected);
  buffer.pad();
  CAF_CHECK(is_whole_blocks(buffer.size()));
  CAF_CHECK(buffer.view().substr(expected.size()).find_first_not_of('\0') == std::string_view::npos);
}
